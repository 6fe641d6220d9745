"""A prepared data set as an option of its own, so that `dataset=NAME` finds it."""

from pathlib import Path

from bam.records import Interactions

TEXT = """\
# @package _global_
# Prepared before: {users:,} users, {items:,} items
history_length: {history_length}
dataset:
  _target_: bam.data.dataset.build.store.stored
  name: {name}
  folder: {folder}
"""


def option_file(data_dir: Path, name: str) -> Path:
    """Where the config of a data set of that name lies."""
    return data_dir / "conf" / "dataset" / f"{name}.yaml"


def write_option(data: Interactions, data_dir: Path, history_length: int) -> Path:
    """The config file under `data_dir`/conf/dataset, written whole or not at all."""
    folder = data.folder
    if folder.is_relative_to(data_dir):
        inside = folder.relative_to(data_dir).as_posix()
        place = f"${{data_dir}}/{inside}"  # so that the data folder can be moved as a whole
    else:
        place = str(folder.resolve())
    text = TEXT.format(
        users=len(data.offsets) - 1,
        items=data.num_items,
        history_length=history_length,
        name=data.name,
        folder=place,
    )
    option = option_file(data_dir, data.name)
    option.parent.mkdir(parents=True, exist_ok=True)
    unfinished = option.with_suffix(".unfinished")
    unfinished.write_text(text)
    return unfinished.rename(option)
