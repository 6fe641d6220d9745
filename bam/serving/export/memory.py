"""The file of a memory: what it has counted, as its buffers. Without any there is no file."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from bam.errors import Mistake, require
from bam.serving.export.files import MEMORY, REMEDY, check_file


def write_memory(folder: Path, memory: nn.Module) -> None:
    """Write the buffers of an option of bam.model.memory."""
    buffers = {name: value.cpu().contiguous() for name, value in memory.named_buffers()}
    if buffers:
        save_file(buffers, folder / MEMORY)


def read_memory(folder: Path, memory: nn.Module) -> None:
    """Give a memory that has counted nothing the buffers that `write_memory` wrote.

    Raises:
        Mistake: the file is not there, is damaged, or is of another memory.
    """
    expected = {name: value.dtype for name, value in memory.named_buffers()}
    if not expected:
        return
    path = folder / MEMORY
    check_file(path)
    try:
        buffers = load_file(path)
    except SafetensorError as error:
        raise Mistake(f"{path}: not a whole safetensors file ({error}); {REMEDY}") from error
    found = {name: value.dtype for name, value in buffers.items()}
    require(found == expected, f"{path} must have {expected}", found)
    for name, value in buffers.items():
        owner, _, last = name.rpartition(".")
        memory.get_submodule(owner).register_buffer(last, value, persistent=False)
