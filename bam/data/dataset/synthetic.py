"""Synthetic users of any number, for measuring speed: lengths and popularity skewed as in life."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bam.data.dataset.build import store
from bam.data.dataset.build.once import once
from bam.errors import require
from bam.records import Interactions

CHUNK = 1 << 22  # interactions drawn at a time, so that any number of them fits in memory


def synthetic(
    name: str,
    cache: str,
    num_users: int,
    num_items: int,
    num_interactions: int,
    shortest: int,
    spread: float,
    flatness: float,
    seed: int,
) -> Interactions:
    """Exactly these counts; there is nothing to learn, and not every item need occur.

    A user's length is `shortest` and a share of the rest, log-normal with sigma `spread`. The item
    of popularity rank r is drawn with p ~ log((r + q) / (r - 1 + q)), about 1 / (r + q), q being
    `flatness` (Zipf and Mandelbrot); ranks are scattered over the ids, and a user may repeat.
    """
    options = {
        "num_users": num_users,
        "num_items": num_items,
        "num_interactions": num_interactions,
        "shortest": shortest,
        "spread": spread,
        "flatness": flatness,
        "seed": seed,
    }
    _check(options)

    def build(unfinished: Path) -> dict[str, Any]:
        random = np.random.default_rng(seed)
        lengths = _lengths(random, num_users, num_interactions, shortest, spread)
        np.save(unfinished / "offsets.npy", np.concatenate([[0], lengths.cumsum()]))
        _write_items(random, unfinished / "items.npy", num_interactions, num_items, flatness)
        _write_names(unfinished, num_users, num_items)
        counts = {"users": num_users, "interactions": num_interactions, "num_items": num_items}
        return {"source": "synthetic", "counts": counts}

    key = hashlib.sha256(json.dumps(options).encode()).hexdigest()[:8]
    folder = Path(cache) / key
    once(folder, {"format": store.FORMAT, **options}, build)
    return store.load(name, folder, num_items)


def _check(options: dict[str, Any]) -> None:
    for key in ("num_users", "num_items", "shortest"):
        require(options[key] >= 1, f"dataset.{key} must be 1 or more", options[key])
    for key in ("spread", "flatness"):
        require(options[key] > 0, f"dataset.{key} must be above 0", options[key])
    fewest = options["num_users"] * options["shortest"]
    require(options["num_interactions"] >= fewest,
            f"dataset.num_interactions must be at least num_users * shortest = {fewest}",
            options["num_interactions"])  # fmt: skip


def _lengths(
    random: np.random.Generator, users: int, interactions: int, shortest: int, spread: float
) -> np.ndarray:
    share = random.lognormal(sigma=spread, size=users).cumsum()
    edges = np.rint(share / share[-1] * (interactions - users * shortest)).astype(np.int64)
    return shortest + np.diff(edges, prepend=0)  # rounding the sums keeps their total exact


def _write_items(
    random: np.random.Generator, path: Path, interactions: int, num_items: int, flatness: float
) -> None:
    ids = 1 + random.permutation(num_items).astype(np.int32)  # popular items lie anywhere
    shape = (interactions,)
    items = np.lib.format.open_memmap(path, mode="w+", dtype=np.int32, shape=shape)
    for first in range(0, interactions, CHUNK):
        share = random.random(min(CHUNK, interactions - first))
        rank = flatness * ((num_items + flatness) / flatness) ** share - flatness
        items[first : first + CHUNK] = ids[rank.astype(np.int64).clip(0, num_items - 1)]
    items.flush()


def _write_names(folder: Path, users: int, num_items: int) -> None:
    user = pl.int_range(users, dtype=pl.Int32, eager=True).alias("user").to_frame()
    item = pl.int_range(1, num_items + 1, dtype=pl.Int32, eager=True).alias("item").to_frame()
    user.with_columns(original_id="user").write_csv(folder / "users.tsv", separator="\t")
    named = item.with_columns(
        original_id="item", title=pl.format("item {}", "item"), genres=pl.lit("")
    )
    named.write_csv(folder / store.CATALOGUE, separator="\t", quote_style="never")
