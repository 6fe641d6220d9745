"""A tree of values as one level."""

from collections.abc import Iterator, Mapping
from typing import Any


def flat(tree: Any) -> dict[str, Any]:
    """{"a": {"b": [5, 6]}} becomes {"a.b.0": 5, "a.b.1": 6}."""
    return dict(_leaves(tree, ()))


def _leaves(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Mapping):
        branches = list(tree.items())
    elif isinstance(tree, list):
        branches = list(enumerate(tree))
    else:
        yield ".".join(path), tree
        return
    for key, branch in branches:
        yield from _leaves(branch, (*path, str(key)))
