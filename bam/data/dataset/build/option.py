"""A prepared data set as an option of the group dataset, so that `dataset=NAME` finds it."""

from pathlib import Path

from bam.records import Interactions
from bam.system.files import write_text

TEXT = """\
# @package _global_
# Prepared before: {users:,} users, {items:,} items
history_length: {history_length}
dataset:
  _target_: bam.data.dataset.build.store.load
  name: {name}
  folder: {folder}
"""


def option_file(data_dir: Path, name: str) -> Path:
    """The path of the config of the data set `name`."""
    return data_dir / "conf" / "dataset" / f"{name}.yaml"


def write_option(data: Interactions, data_dir: Path, history_length: int) -> Path:
    """Write the config of a data set, whole or not at all; its path is returned."""
    text = TEXT.format(
        users=len(data.offsets) - 1,
        items=data.num_items,
        history_length=history_length,
        name=data.name,
        folder=_portable(data.folder, data_dir),
    )
    option = option_file(data_dir, data.name)
    option.parent.mkdir(parents=True, exist_ok=True)
    write_text(option, text)
    return option


def _portable(folder: Path, data_dir: Path) -> str:
    """A path that is still right when the whole `data_dir` is moved, if the folder is inside it."""
    if folder.is_relative_to(data_dir):
        return f"${{data_dir}}/{folder.relative_to(data_dir).as_posix()}"
    return str(folder.resolve())
