"""What is typed after a program's name, before Hydra composes a config of it."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, QuotedString, Sweep, ValueType

from bam.config.conf import CONF, SWEEPS
from bam.errors import Mistake, require
from bam.system.nearest import nearest

MULTIRUN, HELP, RUN = ("-m", "--multirun"), ("-h", "--help"), ("-r", "--run")
# what shows the config, or something else, and runs nothing
SHOWS = ("-c", "--cfg", "-i", "--info", "--hydra-help", "--version", "-sc", "--shell-completion")
# flags of Hydra that a word follows
NAMED = ("-c", "--cfg", "-p", "--package", "-cp", "--config-path", "-cn", "--config-name",
         "-cd", "--config-dir")  # fmt: skip
FLAGS = (*MULTIRUN, *HELP, *SHOWS, *NAMED, *RUN, "--resolve")
INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"  # also those that an editor makes of a hyphen


def read_options(arguments: Sequence[str]) -> list[str]:
    """The arguments that are options, `KEY=VALUE` or `~KEY`: what is left are Hydra's flags.

    Raises:
        Mistake: an argument is neither an option nor a flag, nor the word that a flag needs.
    """
    options, before = [], ""
    for text, after in zip_longest(arguments, arguments[1:], fillvalue=""):
        if text[:1] == "~" or ("=" in text and text[:1] not in f"={DASHES}"):
            options.append(text)
        elif not (text in FLAGS or before in NAMED or _is_flag(text, before)):
            raise Mistake(_correct(text, before, after))
        before = text
    return options


def _is_flag(text: str, before: str) -> bool:
    long = text.startswith("--") and text.partition("=")[0] in FLAGS and "=" in text
    return long or (before in ("-i", "--info") and text in INFO)


def _correct(text: str, before: str, after: str) -> str:
    """What is wrong with a word that is no option, and what to type."""
    rule = f"an option must be KEY=VALUE without spaces, got {text!r}"
    if re.search(r"{[^}]*$", before):
        return f"{rule}; put quotes around all of it: '{before} {text} ...}}'"
    key, sign, value = text.lstrip(DASHES).partition("=")
    if text[:1] and text[0] in DASHES:
        flag = nearest(f"--{key}", [flag for flag in FLAGS if flag.startswith("--")])
        flag = flag or nearest(f"-{key}", MULTIRUN[:1])
        value = value if sign else after
        if "=" in value and not flag:
            return f"{text} is no flag of this program; leave it out"
        meant = flag if flag and not sign else f"{key}={value or 'VALUE'}"
        return f"{text} is no flag; write {meant}"
    if before.endswith(("=", ",")):
        return f"{rule}; write {before}{text}"
    if text.startswith("=") or after.startswith("="):
        name, given = (before, value or after) if sign else (text, after[1:])
        return f"{rule}; write {name or 'KEY'}={given or 'VALUE'}"
    if colon := re.fullmatch(r"([\w./]+):(\S*)", text):
        return f"{rule}; write {colon[1]}={colon[2] or 'VALUE'}"
    if text and Path(text).is_dir():
        return f"{rule}; write run={text}"
    return f"{rule}; write {text or 'KEY'}={'VALUE' if '=' in after else after or 'VALUE'}"


def has_flags(arguments: Sequence[str], besides: Sequence[str]) -> bool:
    """Whether there is more than options and these flags."""
    known = {*read_options(arguments), *besides}
    return any(text not in known for text in arguments)


def runs_nothing(arguments: Sequence[str]) -> bool:
    """Whether the command only shows something, such as its config."""
    return any(text.partition("=")[0] in (*HELP, *SHOWS) for text in arguments)


def check_flags(config: str, arguments: Sequence[str]) -> None:
    """Refuse flags that do not go together, and -m for a program that has no sweep.

    Raises:
        Mistake: as above.
    """
    given = [text.partition("=")[0] for text in arguments]
    shown, sweep, run = (
        next((text for text in given if text in flags), "") for flags in (SHOWS, MULTIRUN, RUN)
    )
    if shown and sweep:
        raise Mistake(f"{shown} shows one run; leave out -m, and give each option one value")
    if run and (shown or sweep):
        raise Mistake(f"{run} and {shown or sweep} exclude each other; leave out {run}")
    if "--resolve" in given and not {"-c", "--cfg"} & {*given}:
        raise Mistake("--resolve belongs to --cfg; write --cfg job --resolve")
    if is_sweep(arguments) and config not in SWEEPS:
        raise Mistake("-m is a sweep of trainings; give each option one value, and leave out -m")


def is_help(arguments: Sequence[str]) -> bool:
    """Whether the help is wanted."""
    return any(text in HELP for text in arguments)


def is_sweep(arguments: Sequence[str]) -> bool:
    """Whether an option may have several values, separated by commas."""
    return any(text in (*MULTIRUN, "hydra.mode=MULTIRUN") for text in arguments)


def read_command_line(arguments: Sequence[str]) -> list[Override]:
    """The options without a sign; flags are left out.

    Raises:
        Mistake: a group is given a value that is no name.
    """
    typed = [text for text in arguments if text[:1] not in "-~" and "=" in text]
    overrides = OverridesParser.create().parse_overrides(typed)
    for override in overrides:
        if (CONF / override.key_or_group).is_dir():
            if override.value_type == ValueType.GLOB_CHOICE_SWEEP:
                raise Mistake(
                    f"{override.key_or_group}=glob(...) is not read; write the names: A,B"
                )
            for value in values_of(override):
                rule = f"{override.key_or_group} must be the name of an option"
                require(isinstance(value, str | list | Sweep), rule, value)
    return overrides


def values_of(override: Override) -> Iterator[Any]:
    """The value, or each of a list with commas; what has quotes is text."""
    value = override.value()
    for one in value.list if isinstance(value, ChoiceSweep) else [value]:
        yield one.text if isinstance(one, QuotedString) else one
