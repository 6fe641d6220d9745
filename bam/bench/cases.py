"""Several experiments from one command line: every combination of some choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from bam.config.resolve import compose_with, given_overrides
from bam.run.override import Override


@dataclass(frozen=True)
class Case:
    """One combination, and its resolved config."""

    choice: dict[str, str]
    config: dict[str, Any]


def cases(matrix: Mapping[str, list[Any]], common: list[str]) -> list[Case]:
    """The config for each combination of the matrix, with the `common` overrides.

    An axis that the command line sets is not varied.
    """
    given = given_overrides()
    fixed = {Override.parse(override).key for override in given}
    axes = {axis: values for axis, values in matrix.items() if axis not in fixed}
    found = []
    for values in product(*axes.values()):
        choice = {axis: str(value) for axis, value in zip(axes, values, strict=True)}
        overrides = [f"{axis}={value}" for axis, value in choice.items()]
        found.append(Case(choice, compose_with([*common, *overrides, *given])))
    return found
