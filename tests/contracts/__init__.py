"""What every option of a group must do: one file a group, one function check_... a rule.

A check takes a part and raises AssertionError where the part breaks its rule. It knows the part by
what it does, never by its name, so a new option is checked by being listed in conf/. tests/broken
holds, for each rule, a part that is wrong on purpose and must be refused by that rule.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch


def checks(group: ModuleType) -> list[Callable]:
    """Every rule of a group."""
    return [found for name, found in vars(group).items() if name.startswith("check_")]


def refusing(group: ModuleType, make: Callable[[], Any], *arguments: Any) -> set[str]:
    """The names of the rules that a part breaks; each rule gets a new part."""
    names = set()
    for check in checks(group):
        torch.manual_seed(0)
        part = make()
        try:
            check(part, *arguments)
        except AssertionError:
            names.add(check.__name__)
    return names
