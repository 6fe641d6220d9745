"""Paired differences to a baseline, user by user."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from bam.errors import Mistake, extra, require
from bam.evaluation import metrics
from bam.results.configuration import Configuration
from bam.results.runs import Run


@dataclass(frozen=True)
class Difference:
    """What a configuration's metric gains over the baseline's, as a mean over users."""

    mean: float
    low: float  # of the 95 % confidence interval
    high: float
    p: float
    users: int
    seeds: int


def compare(
    configurations: list[Configuration], baseline: Mapping[str, Any], metric: str
) -> dict[int, Difference]:
    """The gain of each configuration, by its place in the list; p corrected after Holm.

    `baseline` holds what must be true of it, such as selection: hard. Of the configurations that
    meet it on the same data, the one with the most similar label is the baseline. One that has
    finished no seed in common with its baseline is left out.

    Raises:
        Mistake: nothing meets the condition, several do equally well, or ranks do not pair.
    """
    met = [one for one in configurations if meets(one, baseline)]
    require(bool(met), "baseline must be what some configuration has", dict(baseline))
    found = {}
    for place, one in enumerate(configurations):
        rivals = [other for other in met if other.block == one.block]
        if rivals and one not in met:
            rival = _nearest(one, rivals)
            seeds = {run.seed for run in one.finished} & {run.seed for run in rival.finished}
            sides = [[run for run in side.finished if run.seed in seeds] for side in (one, rival)]
            if seeds:
                found[place] = difference(*(_each_user(side, metric) for side in sides))
    return holm(found)


def difference(one: Float[Tensor, "S U"], other: Float[Tensor, "S V"]) -> Difference:
    """Users are the sample: each user's metric is averaged over seeds, then paired.

    Interval and p are of a paired t test, so that they never disagree; with hundreds of users its
    p is that of flipping signs at random. Wilcoxon's test would ask about ranks of differences,
    not about the mean that the tables show. How much another set of seeds would move the mean is
    not in the interval: the standard deviation over seeds stands beside it.
    """
    require(one.shape[1] == other.shape[1],
            f"ranks must pair: the baseline has {other.shape[1]} users", one.shape[1])  # fmt: skip
    gain = (one.mean(0) - other.mean(0)).numpy()
    if not gain.any():  # the test divides by their spread
        return Difference(0.0, 0.0, 0.0, 1.0, len(gain), len(one))
    with extra("report"):
        from scipy import stats
    test = stats.ttest_1samp(gain, 0)
    low, high = test.confidence_interval(0.95)
    return Difference(float(gain.mean()), float(low), float(high), float(test.pvalue),
                      len(gain), len(one))  # fmt: skip


def holm(found: dict[int, Difference]) -> dict[int, Difference]:
    """p times the comparisons not yet rejected, in the order of p, and never falling."""
    order = sorted(found, key=lambda place: found[place].p)
    scaled = [found[place].p * (len(order) - i) for i, place in enumerate(order)]
    p = np.minimum(np.maximum.accumulate([0.0, *scaled]), 1)[1:]
    return {place: replace(found[place], p=float(value))
            for place, value in sorted(zip(order, p, strict=True))}  # fmt: skip


def _each_user(runs: list[Run], metric: str) -> Float[Tensor, "S U"]:
    cutoff = metric.partition("@")[2] or "1"
    cutoffs = [max(1, int(cutoff))] if cutoff.isdecimal() else [1]
    require(metric in metrics.names(cutoffs), "metric must be recall@N, ndcg@N or mrr", metric)
    return torch.stack([metrics.each_user(_ranks(run), cutoffs)[metric] for run in runs])


def _ranks(run: Run) -> Tensor:
    path = run.folder / "ranks.npy"
    if not path.is_file():
        raise Mistake(f"{path}: no such file; a comparison needs the ranks of each user")
    return torch.from_numpy(np.load(path)).long()


def meets(one: Configuration, wanted: Mapping[str, Any]) -> bool:
    """Whether all of this is true of the configuration."""
    has = {**one.config, **one.label}
    return all(key in has and has[key] == value for key, value in wanted.items())


def _nearest(one: Configuration, rivals: list[Configuration]) -> Configuration:
    """The rival whose label differs in the fewest keys."""
    differing = [sum(rival.label[key] != one.label[key] for key in one.label) for rival in rivals]
    nearest = [rival for rival, count in zip(rivals, differing, strict=True)
               if count == min(differing)]  # fmt: skip
    require(len(nearest) == 1, "baseline must be one configuration; name more keys",
            " and ".join(rival.name for rival in nearest))  # fmt: skip
    return nearest[0]
