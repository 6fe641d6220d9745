"""Named tensors on disk, in the safetensors format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from bam.errors import Mistake
from bam.system.checksums import recording
from bam.system.failure import lacks_memory


def load_torch(path: Path, sentence: str) -> Any:
    """What torch.save has written, of tensors and plain values alone.

    Raises:
        Mistake: the sentence, for a file of something else.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # of any kind: bytes of something else lead its reader anywhere
        if lacks_memory(error):
            raise
        raise Mistake(sentence) from error


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write the file whole or not at all, with its checksum, for the readers of its neighbours."""
    whole = {name: value.contiguous() for name, value in tensors.items()}
    with recording(path) as unfinished:
        unfinished.touch()
        mode = unfinished.stat().st_mode
        save_file(whole, unfinished)
        unfinished.chmod(mode)  # safetensors lets its owner alone read


def read_tensors(path: Path, remedy: str) -> dict[str, Tensor]:
    """Read what `write_tensors` wrote.

    Raises:
        Mistake: no whole file of this format; the sentence ends with the remedy.
    """
    try:
        return load_file(path)
    except SafetensorError as error:
        raise Mistake(f"{path}: not a whole safetensors file ({error}); {remedy}") from error
