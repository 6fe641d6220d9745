"""A prepared data set as an option of the group dataset, so that `dataset=NAME` finds it."""

import re
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock

from bam.errors import Mistake
from bam.system.files import write_text
from bam.system.strict_yaml import load_yaml

LOAD = "bam.data.dataset.build.store.load"
TARGETS = (LOAD, "bam.dataset.store.stored")  # the second one: as version 0.1 wrote it
LONGEST = 10_000  # bytes
UPDATED = "-updated-"
BELOW = "${data_dir}/"  # begins a folder that moves together with data_dir


def option_file(data_dir: Path, name: str) -> Path:
    """The path of the config of the data set `name`."""
    return data_dir / "conf" / "dataset" / f"{name}.yaml"


def updated_name(name: str, digits: str) -> str:
    """NAME-updated-DIGITS: what NAME is called after an update, be it the first one or another."""
    short = re.sub(rf"{UPDATED}[0-9a-f]{{8}}$", "", name)
    return re.sub(r"[^\w.-]", "_", f"{short}{UPDATED}{digits}")


def write_option(folder: Path, name: str, about: str, data_dir: Path, history_length: int) -> Path:
    """Write the config of a data set, whole or not at all; its path is returned."""
    option = option_file(data_dir, name)
    option.parent.mkdir(parents=True, exist_ok=True)
    config = _config(name, _portable(folder, data_dir), history_length)
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    with FileLock(option.with_name(f".{name}.lock")):  # another program may write it, too
        write_text(option, f"# Prepared before: {about}\n{text}")
    return option


def read_option(path: Path) -> dict[str, Any]:
    """The config that `write_option` wrote, made again from its name, folder and history length.

    Raises:
        Mistake: the file holds anything else.
    """
    try:
        content: Any = load_yaml(path.read_text("utf-8")) if _is_small_file(path) else None
        dataset = content.pop("dataset")
        target, name, folder = dataset.pop("_target_"), dataset.pop("name"), dataset.pop("folder")
        length = content.pop("history_length")
        plain = "$" not in folder.removeprefix(BELOW) and isinstance(length, int)
        same_name = name == path.stem and re.fullmatch(r"[\w.-]+", name) is not None
        ours = target in TARGETS and same_name and plain and not content and not dataset
    except (AttributeError, KeyError, TypeError, ValueError, OSError, yaml.YAMLError):
        ours = False
    if not ours:
        raise Mistake(f"{path}: must be as `bam prepare` writes it; delete it")
    return _config(name, folder, length)


def _is_small_file(path: Path) -> bool:
    return path.is_file() and path.stat().st_size <= LONGEST


def _config(name: str, folder: str, history_length: int) -> dict[str, Any]:
    dataset = {"_target_": LOAD, "name": name, "folder": folder}
    return {"history_length": history_length, "dataset": dataset}


def _portable(folder: Path, data_dir: Path) -> str:
    """A path that is still right when the whole `data_dir` is moved, if the folder is inside it."""
    if folder.is_relative_to(data_dir):
        return BELOW + folder.relative_to(data_dir).as_posix()
    return str(folder.resolve())
