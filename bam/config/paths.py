"""Paths of any name on the command line: what Hydra's grammar reads otherwise is put in quotes."""

from collections.abc import Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString, Sweep
from hydra.errors import HydraException

from bam.config.command_line import is_sweep
from bam.config.conf import PATHS
from bam.run.override import Override


def quote_paths(arguments: Sequence[str]) -> list[str]:
    """The arguments, with quotes around each path that Hydra does not read as it is typed.

    In a sweep, commas separate several paths, unless the whole is a path that exists; Hydra's own
    options have one value.
    """
    sweeps = is_sweep(arguments)
    return [_quote(text, sweeps) for text in arguments]


def _quote(text: str, sweeps: bool) -> str:
    override = Override.parse(text)
    typed, several = override.value, sweeps and override.root != "hydra"
    several_runs = typed.startswith("[") or ("," in typed and not _exists(typed))
    is_list = override.key == "with" and several_runs
    if override.key not in PATHS or not typed or is_list or _is_read(text, typed, several):
        return text
    quoted = QuotedString(text=typed, quote=Quote.single).with_quotes()
    return f"{override.sign}{override.key}={quoted}"


def _is_read(text: str, typed: str, several: bool) -> bool:
    """Whether Hydra reads the value as its user means it."""
    try:
        value = OverridesParser.create().parse_override(text).value()
    except HydraException:
        return False
    if isinstance(value, QuotedString) or value == typed:
        return True
    if isinstance(value, list | dict) or type(value) is int:
        return False
    one = not isinstance(value, Sweep)  # an escape, or space around it
    return (one or several) and not _exists(typed)


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # too long for a name
        return False
