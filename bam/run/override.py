"""An option as it is typed: `key=value`."""

from dataclasses import dataclass


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


def as_mapping(overrides: list[str]) -> dict[str, str]:
    """Every override by its key, sign included; of equal keys the last counts."""
    parsed = map(Override.parse, overrides)
    return {override.sign + override.key: override.value for override in parsed}
