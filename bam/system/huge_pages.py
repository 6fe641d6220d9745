"""Memory for large tables."""

import math
import mmap
from contextlib import suppress

import torch
from jaxtyping import Float
from torch import Tensor


def zeros(*shape: int) -> Float[Tensor, "..."]:
    """Zeros on the CPU, float32, in huge pages where Linux has them.

    A page takes memory when it is first written or read. A training step reads rows from all over a
    table, and the processor must look up the page of each: with ten million rows of 256 bytes in
    ordinary pages of 4 KB, that took a third of the step.
    """
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return torch.zeros(shape)
    pages = mmap.mmap(-1, 4 * math.prod(shape), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # a kernel without huge pages
        pages.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(pages, dtype=torch.float32).view(shape)
