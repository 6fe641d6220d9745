"""A prepared data set in figures: how many, how long, how popular, how often again, and when."""

from typing import Any

import numpy as np
import polars as pl

from bam.data.dataset.build.store import read_catalogue
from bam.data.order import order_information
from bam.records import Interactions

PARTS = ("train", "valid", "test")


def describe(data: Interactions) -> dict[str, Any]:
    """Counts, and figures of users, items, repeats, times, titles and order; a share is 0 to 1."""
    items, offsets = data.items.numpy(), data.offsets.numpy()
    length = np.diff(offsets)
    user = np.repeat(np.arange(len(length)), length)
    counts = {"users": len(length), "items": data.num_items, "interactions": len(items)}
    return {
        "name": data.name,
        "folder": str(data.folder),
        "checksum": data.checksum,
        **counts,
        "density": len(items) / (len(length) * data.num_items),
        "lengths": _lengths(length),
        "popularity": _popularity(np.bincount(items, minlength=data.num_items + 1)[1:]),
        "repeats": _repeats(items, user, offsets),
        "times": _times(data.times.numpy(), user),
        "files": _files(data.part.numpy()),
        "catalogue": _catalogue(read_catalogue(data.folder), data.num_items),
        "order": order_information(data),
    }


def _lengths(length: np.ndarray) -> dict[str, Any]:
    """The numbers of items of a user."""
    deciles = np.quantile(length, np.arange(1, 10) / 10, method="inverted_cdf")
    return {
        "min": int(length.min()),
        "median": float(np.median(length)),
        "mean": float(length.mean()),
        "max": int(length.max()),
        "deciles": deciles.tolist(),
    }


def _popularity(count: np.ndarray) -> dict[str, float]:
    """The shares of all interactions that the most popular items have; and the Gini index.

    Gini = sum_r (2 r - V - 1) n_r / (V sum n), where n_r are the counts in rising order: 0 where
    all items are equally popular. Items without an interaction count, too.
    """
    rising, V = np.sort(count).astype(float), len(count)
    rank, total = np.arange(1, V + 1), rising.sum()
    return {
        "top_1_percent": float(rising[V - max(V // 100, 1) :].sum() / total),
        "top_10_percent": float(rising[V - max(V // 10, 1) :].sum() / total),
        "gini": float(((2 * rank - V - 1) * rising).sum() / (V * total)),
        "without_interaction": int((count == 0).sum()),
    }


def _repeats(items: np.ndarray, user: np.ndarray, offsets: np.ndarray) -> dict[str, float]:
    """How many interactions, and how many last items of users, are of an item met before."""
    pairs = user.astype(np.int64) * (int(items.max()) + 1) + items
    _, first = np.unique(pairs, return_index=True)
    again = np.ones(len(items), bool)
    again[first] = False
    last = offsets[1:][np.diff(offsets) > 1] - 1
    return {
        "interactions": float(again.mean()),
        "last_items": float(again[last].mean()) if len(last) else 0.0,
    }


def _times(times: np.ndarray, user: np.ndarray) -> dict[str, Any] | None:
    """The span, and the share of neighbours of one user with equal times; None without times."""
    if not len(times):
        return None
    neighbours = user[1:] == user[:-1]
    equal = (times[1:] == times[:-1])[neighbours]
    return {
        "first": _moment(int(times.min())),
        "last": _moment(int(times.max())),
        "days": float(times.max() - times.min()) / 86_400,
        "equal_neighbours": float(equal.mean()) if len(equal) else 0.0,
    }


def _moment(seconds: int) -> str:
    return f"{np.datetime64(seconds, 's')}+00:00"  # of any year, which datetime is not


def _files(part: np.ndarray) -> dict[str, int] | None:
    """The interactions of each part of a source in files of train, valid and test; else None."""
    if not len(part):
        return None
    return {name: int((part == place).sum()) for place, name in enumerate(PARTS)}


def _catalogue(catalogue: pl.DataFrame, num_items: int) -> dict[str, float]:
    """The share of items that have a title, and genres."""
    known = catalogue.select(pl.col("title", "genres").fill_null("").ne("").sum())
    return {"titles": known["title"][0] / num_items, "genres": known["genres"][0] / num_items}
