"""The space of a search: what may be proposed for each option."""

from collections.abc import Iterator, Mapping, Sequence
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

    A distribution without them is left to Optuna, which says what is wrong with it.
    """
    for key, distribution in searched.items():
        if isinstance(choices := distribution.get("choices"), list) and choices:
            yield [option(key, choice) for choice in choices]
        found = [distribution.get(end) for end in ("low", "high")]
        if all(isinstance(end, int | float) for end in found):
            yield [option(key, end) for end in found]


def _below(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in node.items():
        place = f"{SPACE}.{path}{key}"
        require(isinstance(value, Mapping), f"{place} must be a distribution of Optuna", value)
        if "_target_" in value:
            yield path + key, value
        else:
            yield from _below(value, f"{path}{key}.")
