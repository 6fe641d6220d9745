"""What figures show of users: each one's value of a metric, beside that under another."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from bam.errors import Mistake
from bam.evaluation.users import read_users
from bam.results.configuration import Configuration
from bam.results.user_values import user_values
from bam.run.files import USERS


@dataclass(frozen=True)
class Pairs:
    """Each test user's value under two configurations, as means over the seeds that both have."""

    one: Float[np.ndarray, " U"]
    reference: Float[np.ndarray, " U"]

    @property
    def gain(self) -> Float[np.ndarray, " U"]:
        return self.one - self.reference


def pairs(one: Configuration, reference: Configuration, metric: str) -> Pairs | None:
    """None where the two have no seed in common, or users do not pair or have no values."""
    sides = [{run.seed for run in each.finished} for each in (one, reference)]
    means = [user_means(each, metric, sides[0] & sides[1]) for each in (one, reference)]
    if means[0] is None or means[1] is None or len(means[0]) != len(means[1]):
        return None
    return Pairs(means[0], means[1])


def gains(
    one: Configuration, reference: Configuration, metric: str
) -> Float[np.ndarray, " U"] | None:
    """Each user's value less that under the reference; None as of `pairs`."""
    both = pairs(one, reference, metric)
    return None if both is None else both.gain


def user_means(
    one: Configuration, metric: str, seeds: Collection[int] | None = None
) -> Float[np.ndarray, " U"] | None:
    """Each user's mean over these seeds, or all; None where users have no values."""
    runs = [run for run in one.finished if seeds is None or run.seed in seeds]
    try:
        values = [user_values(run.folder, metric).double().numpy() for run in runs]
    except Mistake:
        return None
    same = len({len(each) for each in values}) == 1
    return np.mean(values, axis=0) if same else None


def users_column(one: Configuration, column: str) -> Float[np.ndarray, " U"] | None:
    """A number that is known of each test user; None in runs of an earlier version."""
    for run in one.finished:
        if (found := read_users(run.folder / USERS, column)) is not None:
            numbers: np.ndarray = found.double().numpy()
            return numbers
    return None
