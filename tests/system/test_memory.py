"""The peak memory that a run reports."""

import torch

from bam.system.memory import peak_memory_mb, reset_peak_memory

CPU = torch.device("cpu")


def test_the_peak_is_of_this_run_and_not_of_an_earlier_one():
    reset_peak_memory(CPU)
    before = peak_memory_mb(CPU)
    block = bytearray(b"x" * 300 * 2**20)
    assert peak_memory_mb(CPU) > before + 250
    del block
    reset_peak_memory(CPU)
    assert peak_memory_mb(CPU) < before + 100
