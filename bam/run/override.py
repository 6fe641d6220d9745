"""An option as it is typed: `key=value`."""

from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Override:
    """`+selection.tau=1` has the sign `+`, the key `selection.tau` and the value `1`."""

    sign: str  # +, ++ or ~ of Hydra, mostly empty
    key: str
    value: str

    @property
    def root(self) -> str:
        """The first part of the key: `selection` of `selection.tau`."""
        return self.key.partition(".")[0]

    @staticmethod
    def parse(text: str) -> "Override":
        """Read `key=value`, with or without a sign; `~key` has no value."""
        name, _, value = text.partition("=")
        key = name.lstrip("+~")
        return Override(name.removesuffix(key), key, value)


def read_value(text: str) -> Any:
    """The value that an option has when this is typed: a number in any form, or what YAML reads.

    Raises:
        yaml.YAMLError: the text is neither.
    """
    try:
        value = yaml.safe_load(text)
    except ValueError:  # a date that does not exist, such as 2001-99-99
        return text
    try:
        return float(text) if value == text else value  # YAML 1.1 reads 1e-3 as text
    except ValueError:
        return value


def typed(key: str, value: str) -> str:
    """What is typed for an option of `as_mapping`: `~key` has no value."""
    return key if key.startswith("~") and not value else f"{key}={value}"


def as_mapping(overrides: list[str]) -> dict[str, str]:
    """Every override by its key, sign included; of equal keys the last counts."""
    parsed = map(Override.parse, overrides)
    return {override.sign + override.key: override.value for override in parsed}
