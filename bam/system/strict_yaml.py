"""YAML of strangers: plain values, each key once, and no more of them than its text has."""

import math
from typing import Any

import yaml

LARGEST = 1_000_000  # letters
DEEPEST = 100  # levels
MOST = 100_000  # values, with what an alias repeats counted each time
SHORT = 10_000  # letters: nested as deep as it can be, such a text does not fill the stack
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # eight times as fast where it is built


class Strict(LOADER):
    """Takes no key twice and no merge key; a date is a text."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        found = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                self._refuse("the merge key << is not read", key)
            if isinstance(key, yaml.ScalarNode) and key.value in found:
                self._refuse(f"the key {key.value} comes twice", key)
            found.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def _refuse(self, problem: str, node: Any) -> None:
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


Strict.add_constructor("tag:yaml.org,2002:timestamp", LOADER.construct_yaml_str)
for kind in ("binary", "omap", "pairs", "set"):
    Strict.add_constructor(f"tag:yaml.org,2002:{kind}", LOADER.construct_undefined)


def load_yaml(text: str) -> Any:
    """The values of a text.

    Raises:
        yaml.YAMLError: it is no such YAML, or it is too long, too deep, or grows by its aliases.
    """
    if len(text) > LARGEST:
        raise yaml.YAMLError(f"it must have at most {LARGEST:,} letters")
    if len(text) > SHORT:
        _check_depth(text)
    values = yaml.load(text, Strict)
    if _count(values, {}) > MOST:
        raise yaml.YAMLError(f"its aliases must give at most {MOST:,} values")
    return values


def _check_depth(text: str) -> None:
    """Without a recursion, which would end the process."""
    level = 0
    for event in yaml.parse(text, LOADER):
        level += isinstance(event, yaml.CollectionStartEvent)
        level -= isinstance(event, yaml.CollectionEndEvent)
        _require_level(level)


def _require_level(level: int) -> None:
    if level > DEEPEST:
        raise yaml.YAMLError(f"it must have at most {DEEPEST} levels")


def _count(tree: Any, known: dict[int, float], level: int = 1) -> float:
    if not isinstance(tree, dict | list):
        return 1.0
    _require_level(level)
    if id(tree) not in known:
        known[id(tree)] = math.inf  # until it is counted: a tree that holds itself never ends
        parts = tree.values() if isinstance(tree, dict) else tree
        known[id(tree)] = sum((_count(part, known, level + 1) for part in parts), start=1.0)
    return known[id(tree)]
