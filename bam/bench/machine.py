"""What the machine itself can do: rates that bound the speed of any program."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from bam.bench.figures import Figures
from bam.config.settings import settings
from bam.errors import require
from bam.nn.matmul import linear
from bam.system.device import find_device
from bam.system.memory import reuse_freed_memory
from bam.system.threads import use_threads

REPEATS = 5


class Machine:
    """The rates of square matrix products, of a copy and of tanh, each in the best of its rounds.

    `width` is the side of the matrices, `copied_mb` the MiB that are copied. fp32 matrices are
    multiplied by torch, and by bam.nn.matmul. Each rate takes about `seconds`.
    """

    def __init__(self, seconds: float, width: int, copied_mb: int):
        require(seconds > 0, "seconds must be above 0", seconds)
        require(width >= 1, "width must be at least 1", width)
        require(copied_mb >= 1, "copied_mb must be at least 1", copied_mb)
        self.seconds, self.width, self.copied_mb = seconds, width, copied_mb

    @torch.no_grad()
    def __call__(self, config: Mapping[str, Any]) -> Figures:
        reuse_freed_memory()
        shared = settings(config)
        device = find_device(shared.device)
        use_threads(shared.threads)
        matrix = torch.randn(self.width, self.width, device=device)
        half, long = matrix.bfloat16(), torch.ones(self.copied_mb * 2**18, device=device)
        target, operations = torch.empty_like(long), 2 * self.width**3
        amounts = {
            "fp32_gflop_per_s": (operations, lambda: matrix @ matrix),
            "fp32_product_gflop_per_s": (operations, lambda: linear(matrix, matrix)),
            "bf16_gflop_per_s": (operations, lambda: half @ half),
            "copy_gb_per_s": (2 * 4 * len(long), lambda: target.copy_(long)),  # read and written
            "tanh_g_per_s": (self.width**2, matrix.tanh),
        }
        rates = {name: count / self._best(task) / 1e9 for name, (count, task) in amounts.items()}
        return Figures(higher=rates)

    def _best(self, task: Callable[[], Tensor]) -> float:
        """Seconds of one call, in the fastest of REPEATS rounds."""
        calls = max(1, int(self.seconds / REPEATS / _seconds(task, 3)))
        return min(_seconds(task, calls) for _ in range(REPEATS))


def _seconds(task: Callable[[], Tensor], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        found = task()
    found.flatten()[0].item()  # waits for the device
    return (time.perf_counter() - began) / calls
