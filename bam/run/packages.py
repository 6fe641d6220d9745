"""Packages outside bam that define parts of a run: their code, too, makes its numbers."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

KNOWN = ("bam", "torch", "optuna")  # environment.json has their versions, or bam's commit


def packages(config: Mapping[str, Any]) -> list[str]:
    """The packages outside bam that a `_target_` of the config names, by their first part."""
    return sorted({name.partition(".")[0] for name in _targets(config)} - {*KNOWN, ""})


def versions(config: Mapping[str, Any]) -> dict[str, str]:
    """The version of each of these packages; empty for code that is not installed."""
    names = packages(config)
    distributions = packages_distributions() if names else {}
    found = {name: distributions.get(name, []) for name in names}
    return {name: " ".join(map(version, dict.fromkeys(one))) for name, one in found.items()}


@cache
def package_hash(name: str) -> str:
    """Hash of every Python file of a package or module, as this program first finds them."""
    digest = hashlib.sha256()
    for root, path in sorted(_files(name)):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def folders(name: str) -> list[Path]:
    """Where a package lies, found without importing it: none for a module or what is not there."""
    spec = _spec(name)
    return [Path(path) for path in (spec and spec.submodule_search_locations) or []]


def _files(name: str) -> Iterator[tuple[Path, Path]]:
    """Each file after the folder that its name is relative to."""
    for folder in folders(name):
        yield from ((folder, path) for path in folder.rglob("*.py"))
    spec = _spec(name)
    if spec and spec.has_location and spec.origin and not spec.submodule_search_locations:
        yield Path(spec.origin).parent, Path(spec.origin)


def _spec(name: str) -> ModuleSpec | None:
    """Of a first part of a name, which is found without importing anything."""
    try:
        return find_spec(name) if name.isidentifier() else None
    except ValueError:  # a program's `__main__` has none
        return None


def _targets(tree: Any) -> Iterator[str]:
    if isinstance(tree, Mapping):
        if "_target_" in tree:
            yield str(tree["_target_"])
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from _targets(part)
