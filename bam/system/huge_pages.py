"""Memory for large tables."""

import math
import mmap
from contextlib import suppress

import torch
from jaxtyping import Float
from torch import Tensor


def zeros(*shape: int) -> Float[Tensor, "..."]:
    """Zeros on the CPU that take memory when they are touched, in huge pages where Linux has them.

    A step reads rows all over a table, and looks up the page of each: with ten million rows of 256
    bytes in pages of 4 KB this took a third of the step.
    """
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return torch.zeros(shape)
    pages = mmap.mmap(-1, 4 * math.prod(shape), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # a kernel without them
        pages.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(pages, dtype=torch.float32).view(shape)
