"""What a run gives back, and the peak that it reports."""

import platform

import pytest
import torch

from bam.experiment.memory import (
    forget_peak,
    give_back_freed_memory,
    host_memory_mb,
    peak_memory_mb,
)

CPU = torch.device("cpu")


def test_the_peak_is_of_this_run_and_not_of_an_earlier_one():
    forget_peak(CPU)
    before = peak_memory_mb(CPU)
    block = bytearray(b"x" * 300 * 2**20)
    assert peak_memory_mb(CPU) > before + 250
    del block
    forget_peak(CPU)
    assert peak_memory_mb(CPU) < before + 100


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="no malloc_trim")
def test_what_lies_free_between_buffers_goes_back():
    buffers = [bytearray(b"x" * 100_000) for _ in range(2_000)]  # too small for a map of their own
    full = host_memory_mb("VmRSS")
    kept = buffers[::10]
    del buffers
    give_back_freed_memory()
    assert host_memory_mb("VmRSS") < full - 150
    assert len(kept) == 200
