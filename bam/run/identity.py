"""What identifies a run: its config without the circumstances, and the code of its numbers."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bam.errors import Mistake
from bam.run.flatten import flat
from bam.run.packages import package_hash, packages

log = logging.getLogger(__name__)
PACKAGE = Path(__file__).parents[1]
ANOTHER = "give another name= or hydra.run.dir=, or delete it"
STEPS = "trainer.max_steps"
# in the config of a run that `bam update` has made: the checksum of the weights that it began with
INITIAL_WEIGHTS = "initial_weights"

# the groups whose choices name a run's folder and its rows in tables
CHOICES = ("dataset", "backbone", "selection", "loss")
EXPERIMENT = "experiment"  # the group whose options choose all of these, and more
# root keys that make no other experiment; every other key identifies a run
CIRCUMSTANCES = (
    "name",
    "any_code",
    "trust",
    "device",
    "threads",
    "timeout",
    "save_every",
    "shard_table",
    "tracker",
    "data_dir",
)
# root keys that `bam evaluate` may change of a trained run
EVALUATION = (
    "evaluation",
    "metric",
    "aggregation",
    "memory",
    "blending",
    "dataset",
    "device",
    "threads",
    "shard_table",
    "data_dir",
    "trust",
)

# the files below bam/ that numbers depend on
SOURCES = (
    "records.py",
    "data/**/*.py",
    "model/**/*.py",
    "objective/**/*.py",
    "training/**/*.py",
    "evaluation/**/*.py",
    "nn/**/*.py",
    "nn/kernels/*",
    "system/**/*.py",
    "config/instantiate.py",
    "config/settings.py",
    "experiment/parts/*.py",
    "experiment/one_run/fit.py",
    "experiment/one_run/refit.py",
    "experiment/one_run/steps.py",
)


def fingerprint(config: Mapping[str, Any]) -> str:
    """Hash of what identifies a run."""
    content = json.dumps(identity(config), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def identity(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config without circumstances; a file below data_dir is named relative to it."""
    kept = {key: value for key, value in config.items() if key not in (*CIRCUMSTANCES, "hydra")}
    below: dict[str, Any] = _replace_below(kept, config.get("data_dir"), "data_dir:".__add__)
    return below


def differences(
    config: Mapping[str, Any], earlier: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """The options that make another run, by their path: the earlier value and the present one."""
    old, new = flat(identity(earlier)), flat(identity(config))
    pairs = {key: (old.get(key), new.get(key)) for key in {**old, **new}}
    return {key: (one, other) for key, (one, other) in pairs.items() if one != other}


def with_data_dir(config: Mapping[str, Any], data_dir: str) -> dict[str, Any]:
    """The config with its data in another folder: every path below data_dir moves with it."""
    moved = _replace_below(config, config.get("data_dir"), lambda rest: f"{data_dir}/{rest}")
    return {**moved, "data_dir": data_dir}


def require_same_data(place: str, recorded: str, present: str, remedy: str) -> None:
    """Refuse what was made of other data than the present ones.

    A run of a version that recorded no checksum is accepted, with a warning.

    Raises:
        Mistake: both have a checksum, and these differ.
    """
    if not recorded:
        log.warning("%s has no checksum of its data: nothing shows that they are these data", place)
    elif recorded != present:
        raise Mistake(
            f"{place} is of other data: their checksum is {recorded}, and that of the present data "
            f"is {present}; bring back those data, {remedy}"
        )


def code_hash(config: Mapping[str, Any]) -> str:
    """Hash of the code that a run's numbers depend on: bam's, and that of other packages' parts."""
    others = [f"{name} {package_hash(name)}" for name in packages(config)]
    if not others:
        return source_hash()
    return hashlib.sha256("\n".join([source_hash(), *others]).encode()).hexdigest()[:16]


@cache
def source_hash(package: Path = PACKAGE) -> str:
    """Hash of the files that numbers depend on: equal for equal code, committed or not."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in package.glob(pattern)}):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _replace_below(tree: Any, folder: str | None, place: Callable[[str], str]) -> Any:
    """The tree with place(rest) for every path `folder/rest` in it."""
    if isinstance(tree, Mapping):
        return {key: _replace_below(part, folder, place) for key, part in tree.items()}
    if isinstance(tree, list):
        return [_replace_below(part, folder, place) for part in tree]
    start = f"{folder}".rstrip("/") + "/"
    if folder and isinstance(tree, str) and tree.startswith(start):
        return place(tree.removeprefix(start).lstrip("/"))
    return tree
