"""Artificial users in any number, to measure speed: as uneven as real ones."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch
from jaxtyping import Int64

from bam.data.dataset.build import store
from bam.data.dataset.build.generate import describe_items, random_dataset
from bam.errors import require
from bam.system.memory import total_memory

NAME = 100  # bytes that the title of an item takes while it is written
CHUNK = 1 << 22  # interactions drawn at a time, so that any number of them fits in memory


@dataclass(frozen=True)
class Synthetic:
    """The options of `synthetic`.

    Raises:
        Mistake: a count is below 1, a shape is not above 0, or there are too few interactions.
    """

    num_users: int
    num_items: int
    num_interactions: int
    shortest: int  # items of every user, at least
    spread: float
    flatness: float
    seed: int

    def __post_init__(self) -> None:
        for name in ("num_users", "num_items", "shortest"):
            require(getattr(self, name) >= 1, f"{name} must be at least 1", getattr(self, name))
        require(self.seed >= 0, "seed must be at least 0", self.seed)
        for name in ("spread", "flatness"):
            require(getattr(self, name) > 0, f"{name} must be above 0", getattr(self, name))
        fewest = self.num_users * self.shortest
        rule = f"num_interactions must be at least num_users * shortest = {fewest}"
        require(self.num_interactions >= fewest, rule, self.num_interactions)


@random_dataset
def synthetic(options: Synthetic, folder: Path) -> dict[str, int]:
    """Exactly these counts of users and interactions; there is nothing to learn.

    A user has `shortest` items, and a log-normal share (sigma is `spread`) of the remaining ones.
    The r-th most popular item is drawn with p ~ log((r + q) / (r - 1 + q)), about 1 / (r + q), with
    q = `flatness` (Zipf and Mandelbrot). Popular items have any id, a user may have an item twice,
    and some of the `num_items` items may not occur.
    """
    _check_space(options, folder)
    random = np.random.default_rng(options.seed)
    offsets = np.concatenate([[0], _lengths(random, options).cumsum()])
    np.save(folder / "offsets.npy", offsets)
    _write_items(random, options, folder / "items.npy")
    users = pl.int_range(options.num_users, dtype=pl.Int32, eager=True).alias("user").to_frame()
    items = describe_items(options.num_items, genres=pl.lit(""))
    store.write_names(folder, users.with_columns(original_id="user"), items)
    return {
        "users": options.num_users,
        "interactions": options.num_interactions,
        "num_items": options.num_items,
    }


def _check_space(options: Synthetic, folder: Path) -> None:
    """Refuse what would fill the disk, or memory with the names of items and users."""
    free = shutil.disk_usage(folder).free
    rule = f"num_interactions must be at most {free // 4:,}: the disk of {folder} is not larger"
    require(options.num_interactions <= free // 4, rule, options.num_interactions)
    for name in ("num_users", "num_items"):
        most = total_memory(torch.device("cpu")) // NAME
        rule = f"{name} must be at most {most:,}, as this machine's memory holds no more names"
        require(getattr(options, name) <= most, rule, getattr(options, name))


def _lengths(random: np.random.Generator, options: Synthetic) -> Int64[np.ndarray, " U"]:
    share = random.lognormal(sigma=options.spread, size=options.num_users).cumsum()
    remaining = options.num_interactions - options.num_users * options.shortest
    edges = np.rint(share / share[-1] * remaining).astype(np.int64)
    return options.shortest + np.diff(edges, prepend=0)  # rounded sums: the total is exact


def _write_items(random: np.random.Generator, options: Synthetic, path: Path) -> None:
    total, num_items, q = options.num_interactions, options.num_items, options.flatness
    ids = 1 + random.permutation(num_items).astype(np.int32)  # ids from most to least popular
    form = {"descr": "<i4", "fortran_order": False, "shape": (total,)}
    with path.open("wb") as file:  # not mapped into memory: a full disk would end the process
        np.lib.format.write_array_header_1_0(file, form)
        for first in range(0, total, CHUNK):
            share = random.random(min(CHUNK, total - first))
            place = q * ((num_items + q) / q) ** share - q
            ids[place.astype(np.int64).clip(0, num_items - 1)].tofile(file)
