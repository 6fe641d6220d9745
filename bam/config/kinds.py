"""A value of a program has the kind that conf/ gives it: a text, a number, a list or a mapping."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from bam.config.options import LONG, read_values
from bam.errors import Mistake, require

EITHER = {
    "with": (str, list),  # a memory or a run, or a list of runs
    "header": (str, bool),  # auto, or what is known
}
NAMES: dict[type, str] = {
    str: "text",
    bool: "true or false",
    float: "a number",
    list: "a list, such as [{0}]",
    dict: "a mapping, such as {{a: {0}}}",
}
ABSENT = object()


def check_kinds(program: str, configs: Sequence[DictConfig]) -> None:
    """Compare each value of the program, and of its callback, with its default in conf/.

    What belongs to another component is left to the component, which knows more of it.

    Raises:
        Mistake: a value is of another kind, or one at the root is taken away.
    """
    texts = {key: value.text for key, value in read_values(program, with_hydra=True).items()}
    parents: dict[str, Any] = {
        key[: dot.start()]: {} for key in texts for dot in re.finditer(r"\.", key)
    }
    values = {key: yaml.safe_load(text) for key, text in texts.items() if text != LONG}
    for config in configs:
        plain: Any = OmegaConf.to_container(config, resolve=False)
        for key, default in {**parents, **values}.items():
            if default is not None and not _is_of_part(plain, key):
                _check(key, default, _at(plain, key))


def _check(key: str, default: Any, given: Any) -> None:
    if given is ABSENT:
        require("." in key, f"{key} must be given", f"~{key}")
    elif not (isinstance(given, str) and "${" in given):  # it follows from another value
        kinds = EITHER.get(key, (_kind(default),))
        if _kind(given) not in kinds and not (str in kinds and type(given) is int):
            example = given if isinstance(given, str | int | float) else 1
            rule = " or ".join(NAMES[kind] for kind in kinds).format(example)
            advice = f"; quotes make text: {key}='\"TEXT\"'" if type(given) in (bool, float) else ""
            raise Mistake(f"{key} must be {rule}, got {given!r}{advice if str in kinds else ''}")


def _kind(value: Any) -> type:
    """Of a number float: whether it may have decimals, its part knows."""
    return float if type(value) is int else type(value)


def _is_of_part(config: Any, key: str) -> bool:
    """Whether it is an option of a component, besides those that Hydra builds."""
    parent = _at(config, key.rpartition(".")[0])
    return not key.startswith("hydra.") and isinstance(parent, Mapping) and "_target_" in parent


def _at(node: Any, key: str) -> Any:
    """The value with this path, if there is one."""
    for name in key.split("."):
        if not isinstance(node, Mapping) or name not in node:
            return ABSENT
        node = node[name]
    return node
