"""Artificial users whose interests are known, and so their next item."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Int64

from bam.data.dataset.build import store
from bam.data.dataset.build.generate import describe_items, random_dataset
from bam.data.dataset.build.numbering import keep_item_ids
from bam.data.dataset.read.times import SECOND
from bam.errors import require

LONGEST = 100_000  # hours, so that sums of them are times


@dataclass(frozen=True)
class Planted:
    """The options of `planted`.

    Raises:
        Mistake: a number is below 1, the clusters are unequal, or the users have too few items.
    """

    num_users: int
    num_items: int
    num_clusters: int
    clusters_per_user: int
    length: int  # items of each user
    hours: int  # between two items of a user, on average; 0: there are no times
    seed: int

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            lowest = 0 if name in ("hours", "seed") else 1
            require(value >= lowest, f"{name} must be at least {lowest}", value)
        require(self.hours <= LONGEST, f"hours must be at most {LONGEST}", self.hours)
        unequal = self.num_items % self.num_clusters
        rule = f"num_clusters must divide num_items={self.num_items}"
        require(not unequal, rule, self.num_clusters)
        rule = f"clusters_per_user must be at most num_clusters={self.num_clusters}"
        require(self.clusters_per_user <= self.num_clusters, rule, self.clusters_per_user)
        owned = self.clusters_per_user * self.num_items // self.num_clusters
        rule = f"length must be at most {owned}, the items in a user's clusters"
        require(self.length <= owned, rule, self.length)


@random_dataset
def planted(options: Planted, folder: Path) -> dict[str, int]:
    """Each user owns a few clusters of items, and draws one after another of their items.

    The clusters are equal in size, and of consecutive ids. Every draw is uniform, and no user has
    an item twice. With O = clusters_per_user * num_items / num_clusters items owned, the best
    possible recall@n of the last item, among unseen items, is n / (O - length + 1), and that of
    chance is n / (num_items - length + 1). The hours between two items are exponentially
    distributed and do not depend on the items.
    """
    cluster = 1 + (pl.col("item") - 1) // (options.num_items // options.num_clusters)
    catalogue = describe_items(options.num_items, pl.format("cluster {}", cluster))
    drawn = _draw(options)
    if options.hours:
        drawn = drawn.with_columns(time=_times(options))
    return store.write(folder, keep_item_ids(drawn), catalogue)


def _times(options: Planted) -> Int64[np.ndarray, " N"]:
    """Microseconds from 1970 on; of draws other than the items', which are the same without times.

    Each user has a first item at another moment of the first year.
    """
    random = np.random.default_rng([options.seed, 1])
    shape = (options.num_users, options.length)
    seconds = np.ceil(random.exponential(3600 * options.hours, shape)).astype(np.int64)
    seconds[:, 0] = random.integers(365 * 24 * 3600, size=options.num_users)
    return seconds.cumsum(axis=1).reshape(-1) * SECOND


def _draw(options: Planted) -> pl.DataFrame:
    """The columns user and item, in the order of time."""
    random, users = np.random.default_rng(options.seed), options.num_users
    ids = np.arange(1, options.num_items + 1, dtype=np.int32)
    clusters = ids.reshape(options.num_clusters, -1)
    choice = random.permuted(np.tile(np.arange(options.num_clusters), (users, 1)), axis=1)
    owned = clusters[choice[:, : options.clusters_per_user]].reshape(users, -1)
    items = random.permuted(owned, axis=1)[:, : options.length]
    user = np.arange(1, users + 1, dtype=np.int32).repeat(options.length)
    return pl.DataFrame({"user": user, "item": items.reshape(-1)})
