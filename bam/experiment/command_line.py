"""What is typed after a program's name, before Hydra composes a config of it."""

from collections.abc import Iterator, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, QuotedString, Sweep

from bam.errors import require
from bam.experiment.conf import CONF


def read_command_line(arguments: Sequence[str]) -> list[Override]:
    """The options without a sign; flags are left out.

    Raises:
        Mistake: a group is given a value that is no name.
    """
    typed = [text for text in arguments if text[:1] not in "-~" and "=" in text]
    overrides = OverridesParser.create().parse_overrides(typed)
    for override in overrides:
        if (CONF / override.key_or_group).is_dir():
            for value in _values(override):
                rule = f"{override.key_or_group} must be the name of an option"
                require(isinstance(value, str | list | Sweep), rule, value)
    return overrides


def _values(override: Override) -> Iterator[Any]:
    """The value, or each of a list with commas; what has quotes is text."""
    value = override.value()
    for one in value.list if isinstance(value, ChoiceSweep) else [value]:
        yield one.text if isinstance(one, QuotedString) else one
