"""One safetensors file that several processes write and read, each its own rows of large tensors.

The format: a length of 8 bytes, JSON with the place of each tensor, and then their bytes
(https://github.com/huggingface/safetensors). No tensor is copied.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from bam.errors import Mistake, require
from bam.system.processes import Processes
from bam.system.shards import Shards

NAMES = {
    torch.float64: "F64",
    torch.int64: "I64",
    torch.float32: "F32",
    torch.int32: "I32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}  # the largest first: so each tensor begins at a multiple of its numbers' size
ROWS = 1 << 18  # rows that a GPU gives at once


@dataclass(frozen=True)
class Place:
    """Where a tensor is in the file."""

    shape: tuple[int, ...]
    start: int  # bytes from the beginning of the file

    def row(self, number: int, tensor: Tensor) -> int:
        """Where this row begins, of a tensor whose rows are these."""
        return self.start + number * tensor[:1].nbytes


def write(
    path: Path, tensors: Mapping[str, Tensor], shards: Mapping[str, Shards], processes: Processes
) -> None:
    """Write the tensors; of those in `shards` each process writes its rows, of others the first.

    All processes call it, with tensors of the same names, and the file is whole when it returns.

    Raises:
        Mistake: in all processes, where the disk refuses one of them.
    """
    header, places = _layout(tensors, shards)
    processes.first(lambda: path.write_bytes(header))

    def fill() -> None:
        with path.open("r+b") as file:
            for name, tensor in tensors.items():
                if name in shards:
                    file.seek(places[name].row(shards[name].own.start, tensor))
                    _write(file, tensor)
                elif processes.index == 0:
                    file.seek(places[name].start)
                    _write(file, tensor)

    processes.together(fill)


def read_rows(path: Path, name: str, rows: Tensor, first: int) -> None:
    """Fill `rows` with those of a tensor of the file, from row `first` on.

    Rows that the tensor does not have keep their values.

    Raises:
        Mistake: the file has no such rows.
    """
    place = read_places(path).get(name)
    if place is None or place.shape[1:] != rows.shape[1:]:
        found = "nothing" if place is None else list(place.shape)
        raise Mistake(f"{path}: {name} must have rows {list(rows.shape[1:])}, got {found}")
    with path.open("rb") as file, torch.no_grad():
        file.seek(place.row(first, rows))
        for some in rows[: max(place.shape[0] - first, 0)].split(ROWS):
            here = some if some.is_cpu else torch.empty_like(some, device="cpu")
            read = file.readinto(_bytes(here))
            require(read == here.nbytes, f"{path} must be whole", f"{read} of {here.nbytes} bytes")
            if here is not some:
                some.copy_(here)


def read_places(path: Path) -> dict[str, Place]:
    """The tensors of a file by their names."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header: dict[str, Any] = json.loads(file.read(length))
    return {
        name: Place(tuple(one["shape"]), 8 + length + one["data_offsets"][0])
        for name, one in header.items()
        if name != "__metadata__"
    }


def _layout(
    tensors: Mapping[str, Tensor], shards: Mapping[str, Shards]
) -> tuple[bytes, dict[str, Place]]:
    """The first bytes of the file, and where the tensors are."""
    order = [*NAMES]
    header, shapes, end = {}, {}, 0
    for name in sorted(tensors, key=lambda name: (order.index(tensors[name].dtype), name)):
        tensor = tensors[name]
        shape = tuple(tensor.shape)
        if name in shards:
            shape = (shards[name].num_rows, *shape[1:])
        start, end = end, end + torch.Size(shape).numel() * tensor.element_size()
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(shape),
            "data_offsets": [start, end],
        }
        shapes[name] = shape, start
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    begin = len(text).to_bytes(8, "little") + text
    return begin, {name: Place(shape, len(begin) + at) for name, (shape, at) in shapes.items()}


def _write(file: BinaryIO, tensor: Tensor) -> None:
    rows = tensor.detach()
    for some in rows.split(ROWS) if rows.ndim else (rows,):
        file.write(_bytes(some.cpu().contiguous()))


def _bytes(tensor: Tensor) -> memoryview:
    """The memory of a tensor on the CPU."""
    if not tensor.numel():
        return memoryview(b"")
    return tensor.detach().flatten().view(torch.uint8).numpy().data
