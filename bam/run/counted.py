"""The file of a memory: what it has counted, as its buffers. Without any there is no file."""

from collections.abc import Callable
from pathlib import Path

from torch import nn

from bam.errors import require
from bam.run.tensors import read_tensors, write_tensors


def save_counted(memory: nn.Module, path: Path) -> None:
    """Write the buffers of an option of bam.model.memory."""
    if buffers := {name: value.cpu() for name, value in memory.named_buffers()}:
        write_tensors(buffers, path)


def load_counted(memory: nn.Module, path: Path, check: Callable[[Path], None]) -> None:
    """Give a memory that has counted nothing the buffers that `save_counted` wrote.

    `check` compares the file with its checksum; it is not called for a memory without a file.

    Raises:
        Mistake: it is damaged, or of another memory.
    """
    expected = {name: value.dtype for name, value in memory.named_buffers()}
    if not expected:
        return
    check(path)
    buffers = read_tensors(path, "restore it")
    found = {name: value.dtype for name, value in buffers.items()}
    require(found == expected, f"{path} must have {expected}", found)
    for name, value in buffers.items():
        owner, _, last = name.rpartition(".")
        memory.get_submodule(owner).register_buffer(last, value, persistent=False)
