"""Memory for large tables is used as ordinary memory."""

import gc
import mmap

import pytest
import torch

from bam.system.huge_pages import zeros
from bam.system.memory import host_memory_mb


@pytest.mark.parametrize("shape", [(), (3,), (4, 5), (2, 3, 4)])
def test_zeros_have_the_shape_and_can_be_written(shape):
    table = zeros(*shape)
    assert table.shape == shape and table.dtype == torch.float32 and not table.any()
    assert table.add_(1).eq(1).all()


def test_memory_stays_as_long_as_a_view_of_it():
    row = zeros(1000, 64)[7]
    gc.collect()
    assert row.add_(2).tolist() == [2.0] * 64


@pytest.mark.skipif(not hasattr(mmap, "MADV_HUGEPAGE"), reason="ordinary zeros elsewhere")
def test_unused_rows_take_no_memory():
    before = host_memory_mb("VmRSS")
    table = zeros(2**20, 64)  # 256 MB
    table[:100] += 1
    assert host_memory_mb("VmRSS") - before < 64
