"""The parts of a composition, such as a method: what its files choose and set."""

from typing import Any

import yaml

from bam.config.extensions import conf_folders, find_options
from bam.config.options import option_values

NO_PARTS = (
    "dataset",
    "budget",
    "batch_size",
    "trainer.",
    "hydra.",
    "group_by_length",
)  # what it trains on, and how long


def read_parts(experiment: str) -> dict[str, str]:
    """What an experiment chooses, and then what it sets, as `bam train KEY=VALUE` has them.

    Its data set and its budget are left out.
    """
    values = {key: value.text for key, value in option_values("experiment", experiment).items()}
    parts = read_choices("experiment", experiment) | values
    return {key: text for key, text in parts.items() if not key.startswith(NO_PARTS)}


def list_parts(experiment: str) -> list[str]:
    """The names of the options that an experiment chooses, without its data set and its budget."""
    chosen = read_choices("experiment", experiment)
    lists = [option.strip("[]").split(",") for key, option in chosen.items() if key not in NO_PARTS]
    return [name for names in lists for name in names if name not in ("", "none")]


def read_choices(group: str, option: str) -> dict[str, str]:
    """The options of other groups that an option overrides: `override /GROUP: OPTION`.

    Those of what it begins with come first, then its own, then those of what is chosen. Where they
    disagree its own hold, then those of what it begins with, as in Hydra.
    """
    found = _overrides(group, option)
    for key, choice in list(found.items()):
        found = found | read_choices(key, choice) | found
    return found


def _overrides(group: str, option: str) -> dict[str, str]:
    """Those of the option and of what it begins with."""
    own: dict[str, str] = {}
    begins: dict[str, str] = {}
    for entry in read_defaults(group, option):
        if isinstance(entry, dict):
            [(key, choice)] = entry.items()
            own[key.removeprefix("override /")] = _text(choice)
        elif entry != "_self_":
            folder, _, base = f"{group}/{entry.partition('@')[0]}".rpartition("/")
            begins |= _overrides(folder, base)
    return begins | own


def read_defaults(group: str, option: str) -> list[Any]:
    """The defaults list of an option; a list of options has none."""
    files = find_options(f"{group}/{option}.yaml", conf_folders())
    content = yaml.safe_load(files[0].read_text("utf-8")) if files else {}
    return (content or {}).get("defaults", [])


def _text(choice: Any) -> str:
    return f"[{','.join(choice)}]" if isinstance(choice, list) else str(choice)
