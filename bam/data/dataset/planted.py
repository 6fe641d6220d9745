"""Synthetic users whose interests, and so whose next item, are known."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bam.data.dataset.build import store
from bam.data.dataset.build.numbering import kept
from bam.data.dataset.build.once import once
from bam.errors import Mistake
from bam.records import Interactions


def planted(
    name: str,
    cache: str,
    num_users: int,
    num_items: int,
    num_clusters: int,
    clusters_per_user: int,
    length: int,
    seed: int,
) -> Interactions:
    """Items lie in equal contiguous clusters, and each user owns a few clusters, drawn evenly.

    Each next item is drawn evenly from the items of the user's clusters he has not had. With
    O = clusters_per_user * num_items / num_clusters items owned, the best recall@n among unseen
    items is n / (O - length + 1) for the last item, and chance has n / (num_items - length + 1).
    """
    options = {
        "num_users": num_users,
        "num_items": num_items,
        "num_clusters": num_clusters,
        "clusters_per_user": clusters_per_user,
        "length": length,
        "seed": seed,
    }
    _check(options)

    def build(unfinished: Path) -> dict[str, Any]:
        counts = store.write(unfinished, kept(_draw(**options)), _clusters(num_items, num_clusters))
        return {"source": "planted", "counts": counts}

    folder = Path(cache) / _key(options)
    once(folder, {"format": store.FORMAT, **options}, build)
    return store.load(name, folder, num_items)


def _check(options: dict[str, int]) -> None:
    for key, value in options.items():
        if key != "seed" and value < 1:
            raise Mistake(f"dataset.{key} must be 1 or more, got {value}")
    items, clusters = options["num_items"], options["num_clusters"]
    if items % clusters:
        raise Mistake(f"dataset.num_clusters must divide num_items {items}, got {clusters}")
    if options["clusters_per_user"] > clusters:
        raise Mistake(f"dataset.clusters_per_user must be at most num_clusters, got {options}")
    owned = options["clusters_per_user"] * (items // clusters)
    if options["length"] > owned:
        raise Mistake(f"dataset.length must be at most the {owned} items a user owns")


def _draw(
    num_users: int,
    num_items: int,
    num_clusters: int,
    clusters_per_user: int,
    length: int,
    seed: int,
) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    clusters = np.arange(1, num_items + 1, dtype=np.int32).reshape(num_clusters, -1)
    every = np.tile(np.arange(num_clusters), (num_users, 1))
    own = clusters[random.permuted(every, axis=1)[:, :clusters_per_user]].reshape(num_users, -1)
    items = random.permuted(own, axis=1)[:, :length]
    users = np.arange(1, num_users + 1, dtype=np.int32).repeat(length)
    return pl.DataFrame({"user": users, "item": items.reshape(-1)})


def _clusters(num_items: int, num_clusters: int) -> pl.DataFrame:
    item = pl.int_range(1, num_items + 1, dtype=pl.Int32, eager=True).alias("item").to_frame()
    cluster = 1 + (pl.col("item") - 1) // (num_items // num_clusters)
    return item.with_columns(
        original_id=pl.col("item").cast(pl.String),
        title=pl.format("item {}", "item"),
        genres=pl.format("cluster {}", cluster),
    )


def _key(options: dict[str, int]) -> str:
    return hashlib.sha256(json.dumps(options).encode()).hexdigest()[:8]
