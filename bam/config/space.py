"""The space of a search: what may be proposed for each option."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bam.errors import require

SPACE = "hydra.sweeper.space"


def dimensions(space: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The path of each option, and its distribution.

    Raises:
        Mistake: there is none, or it is no mapping with a _target_.
    """
    require(
        isinstance(space, Mapping) and bool(space), f"{SPACE} must name what is searched", space
    )
    yield from _below(space, "")


def option(key: str, value: Any) -> str:
    """What is typed for a value that a search proposes."""
    return f"{key}={'null' if value is None else value}"


def ends(searched: Mapping[str, Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    """For each of the `dimensions` its choices, or its lowest and its highest value, as typed.

    The highest is the last that a step reaches. A distribution without them is left to Optuna,
    which says what is wrong with it.
    """
    for key, distribution in searched.items():
        if isinstance(choices := distribution.get("choices"), list) and choices:
            yield [option(key, choice) for choice in choices]
        low, high = distribution.get("low"), distribution.get("high")
        if isinstance(low, int | float) and isinstance(high, int | float):
            yield [option(key, low), option(key, _reached(low, high, distribution.get("step")))]


def _reached(low: int | float, high: int | float, step: Any) -> int | float:
    """The highest value of low, low + step, low + 2 step and so on."""
    if not isinstance(step, int | float) or not 0 < step <= high - low:
        return high
    exact_low, exact_step = Decimal(str(low)), Decimal(str(step))
    steps = (Decimal(str(high)) - exact_low) // exact_step
    return type(high)(exact_low + steps * exact_step)


def _below(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in node.items():
        place = f"{SPACE}.{path}{key}"
        require(isinstance(value, Mapping), f"{place} must be a distribution of Optuna", value)
        if "_target_" in value:
            yield path + key, value
        else:
            yield from _below(value, f"{path}{key}.")
