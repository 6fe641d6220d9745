"""Paired differences from a baseline, user by user."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from jaxtyping import Float
from torch import Tensor

from bam.errors import Mistake, extra, require
from bam.results.configuration import Configuration
from bam.results.runs import Run
from bam.results.user_values import user_values
from bam.run.override import read_value
from bam.system.nearest import nearest as nearest_name

SHOWN = 8  # values of a key, in a sentence
MOST = 4  # configurations whose values are in memory at a time: neighbours share a baseline


@dataclass(frozen=True)
class Difference:
    """A configuration's metric less the baseline's, as a mean over users."""

    mean: float
    low: float  # of the interval: with 95 % confidence, all comparisons of a table are in theirs
    high: float
    p: float  # below .05 exactly where the interval excludes 0
    users: int
    seeds: int


def compare(
    configurations: list[Configuration], baseline: Mapping[str, Any], metric: str
) -> dict[int, Difference]:
    """The difference of each configuration, by its place in the list.

    `baseline` is a condition, such as selection: hard. Of the configurations on the same data that
    meet it, the one with the most similar label is the baseline. Where the two have no seed in
    common that is finished and holds the metric, the configuration is left out.

    Raises:
        Mistake: nothing meets the condition, several do equally well, or users do not pair.
    """
    met = [one for one in configurations if meets(one, baseline)]
    if not met:
        rule = "baseline must be a condition that some configuration meets"
        got = " ".join(f"{key}={value}" for key, value in baseline.items())
        raise Mistake(f"{rule}, got {got}: {_unmet(baseline, configurations)}")
    return compare_with(met, configurations, metric)


def compare_with(
    met: list[Configuration], configurations: list[Configuration], metric: str
) -> dict[int, Difference]:
    """As `compare`, with the configurations that are baselines."""
    pairs: dict[int, list[list[Run]]] = {}
    for place, one in enumerate(configurations):
        rivals = [other for other in met if other.block == one.block]
        if rivals and one not in met:
            runs = [_by_seed(side, metric) for side in (one, nearest(one, rivals))]
            seeds = [seed for seed in runs[0] if seed in runs[1]]
            if seeds:
                pairs[place] = [[side[seed] for seed in seeds] for side in runs]
    read = lru_cache(MOST)(lambda folders: _each_user(folders, metric))
    found = {}
    for place, both in pairs.items():
        values = [read(tuple(run.folder for run in side)) for side in both]
        found[place] = difference(values[0], values[1], len(pairs))
    return found


def difference(
    one: Float[Tensor, "S U"], other: Float[Tensor, "T V"], comparisons: int = 1
) -> Difference:
    """Users are the sample: each user's metric is averaged over seeds, then paired.

    Interval and p are of a paired t test; with hundreds of users its p is that of flipping signs
    at random. Wilcoxon's test is of ranks of differences, not of the mean that the tables show.
    Both are corrected for the number of comparisons after Bonferroni: the interval has the
    confidence 1 - .05 / comparisons, and p is multiplied. Holm's correction rejects a little more,
    but no intervals belong to it: 0 could be outside of one while p is above .05. How much another
    set of seeds would move the mean is in neither: the standard deviation over seeds shows it.
    """
    rule = f"users must pair: the baseline has {other.shape[1]} users"
    require(one.shape[1] == other.shape[1], rule, one.shape[1])
    require(one.shape[1] > 1, "users must be two at least for a comparison", one.shape[1])
    gain = (one.mean(0) - other.mean(0)).numpy()
    unknown = int((~np.isfinite(gain)).sum())
    require(unknown == 0, "users without a value must be none for a comparison", unknown)
    if not gain.any():  # the test divides by their spread
        return Difference(0.0, 0.0, 0.0, 1.0, len(gain), len(one))
    with extra("report"):
        from scipy import stats
    test = stats.ttest_1samp(gain, 0)
    low, high = test.confidence_interval(1 - 0.05 / comparisons)
    return Difference(
        mean=float(gain.mean()),
        low=float(low),
        high=float(high),
        p=min(1.0, comparisons * float(test.pvalue)),
        users=len(gain),
        seeds=len(one),
    )


def meets(one: Configuration, condition: Mapping[str, Any]) -> bool:
    """Whether the configuration has each of these values; `1e-3` and `0.001` are one value."""
    has = _values(one)
    return all(key in has and _agrees(has[key], value) for key, value in condition.items())


def _values(one: Configuration) -> dict[str, Any]:
    """What a condition may name: the options, and the choices by their names."""
    return {**one.typed, **one.config, **one.label}


def _unmet(condition: Mapping[str, Any], configurations: list[Configuration]) -> str:
    """Which part of the condition nothing meets, and what would be met."""
    every = [_values(one) for one in configurations]
    for key, value in condition.items():
        if not any(meets(one, {key: value}) for one in configurations):
            known = list(
                dict.fromkeys(str(one[key]) for one in every if one.get(key) not in (None, ""))
            )
            names = {name for one in every for name in one}
            near = nearest_name(str(value), known) if known else nearest_name(key, names)
            meant = f"; did you mean {near}?" if near else ""
            shown = " or ".join([*known[:SHOWN], *["another"] * (len(known) > SHOWN)])
            return f"{key} is {shown}{meant}" if known else f"none has {key}{meant}"
    return "none meets all of it"


def _agrees(value: Any, wanted: Any) -> bool:
    """A text is met by an equal text, such as a data set called 007, or by what it is read as."""
    if value == wanted or not isinstance(wanted, str):
        return bool(value == wanted)
    try:
        return bool(value == read_value(wanted))
    except yaml.YAMLError:  # a text alone
        return False


def _by_seed(one: Configuration, metric: str) -> dict[int, Run]:
    """The finished runs that hold the metric."""
    return {run.seed: run for run in one.finished if metric in run.results["test"]}


def _each_user(folders: tuple[Path, ...], metric: str) -> Float[Tensor, "S U"]:
    return torch.stack([user_values(folder, metric) for folder in folders])


def nearest(one: Configuration, rivals: list[Configuration]) -> Configuration:
    """The rival whose label differs in the fewest keys."""
    differing = [sum(rival.label[key] != one.label[key] for key in one.label) for rival in rivals]
    pairs = zip(rivals, differing, strict=True)
    closest = [rival for rival, count in pairs if count == min(differing)]
    rule = "baseline must be one configuration; name more keys"
    require(len(closest) == 1, rule, " and ".join(rival.name for rival in closest))
    return closest[0]
