"""A search as its runs show it: the trials in their order, and the options that it varied."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bam.results.configuration import Configuration
from bam.results.metrics import mean, seed_values
from bam.results.report.block import Block
from bam.run.files import CONFIG, ENVIRONMENT, read

FEWEST = 5  # values of a number that is searched
GRID = 0.75  # the share of all combinations from which on the points are a grid


@dataclass(frozen=True)
class Trial:
    """A point of the search that has finished."""

    number: int  # from 1
    value: float  # of the metric that chooses the weights, for validation users
    settings: dict[str, Any]  # by the option's path


@dataclass(frozen=True)
class Search:
    """Trials in the order in which they began."""

    metric: str
    options: list[str]
    finished: list[Trial]
    others: list[int]  # the numbers of those that failed, or have not finished

    @property
    def best(self) -> Trial:
        """Of several, the first."""
        return max(self.finished, key=lambda trial: trial.value)


def search(block: Block) -> Search | None:
    """The block's configurations as trials; None for a grid, or where no trial has finished.

    In a search a number has many values, and few of their combinations with those of other options
    have been tried; a grid has nearly all of them.
    """
    ones, metric = block.configurations, block.metrics.chooses
    options = varied_options(ones)
    combinations = math.prod(len({str(setting(one, key)) for one in ones}) for key in options)
    most = max((len(_numbers(ones, key)) for key in options), default=0)
    if most < FEWEST or len(ones) >= GRID * combinations:
        return None
    in_order = sorted(ones, key=lambda one: _began(one.runs[0].folder))
    values = {number: _value(one, metric) for number, one in enumerate(in_order, 1)}
    finished = [
        Trial(number, value, {key: setting(in_order[number - 1], key) for key in options})
        for number, value in values.items()
        if value is not None
    ]
    others = [number for number, value in values.items() if value is None]
    return Search(metric, options, finished, others) if finished else None


def varied_options(ones: list[Configuration]) -> list[str]:
    """What was typed, swept or searched, and differs between the configurations."""
    typed = dict.fromkeys(key.lstrip("+~") for one in ones for key in one.runs[0].overrides)
    values = {key: {str(setting(one, key)) for one in ones} for key in typed if key != "seed"}
    return [key for key, several in values.items() if len(several) > 1]


def setting(one: Configuration, key: str) -> Any:
    """The configuration's value of an option, or the choice of a group by its name."""
    return one.config.get(key, one.runs[0].overrides.get(key))


def _numbers(ones: list[Configuration], key: str) -> set[int | float]:
    values = (setting(one, key) for one in ones)
    return {value for value in values if isinstance(value, int | float)}


def _value(one: Configuration, metric: str) -> float | None:
    return mean(one, metric, "valid") if seed_values(one, metric, "valid") else None


def _began(folder: Path) -> float:
    """Seconds since 1970: by the date that the run has recorded, else the time of its config.

    A run that fails while its parts are built has recorded none, nor has one of version 0.1.
    """
    date = recorded_date(read(folder / ENVIRONMENT))
    return date.timestamp() if date else (folder / CONFIG).stat().st_mtime


def recorded_date(recorded: Mapping[str, Any]) -> datetime | None:
    """When a run began; None where it has recorded no date."""
    try:
        return datetime.fromisoformat(str(recorded.get("date"))).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: in the year 1
        return None
