"""How long a training takes to start: from the start of its process until its first step."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bam.bench.figures import Figures
from bam.bench.first_step import FILE
from bam.bench.program import train
from bam.errors import require

FIRST_STEP = (
    "trainer.max_steps=1",
    "trainer.log_every=1",
    "+tracker.first_step._target_=bam.bench.first_step.first_step",
    "trust=[bam.bench]",
)
TORCH = "import time, torch; print(time.time(), time.process_time())"


class Starting:
    """Seconds until the first step of `bam train` with these options, and to import torch alone.

    Both also as CPU seconds, which other programs on the machine change less. One training before
    the `rounds` prepares the data; each round has a training and an import, and the medians count.
    """

    def __init__(self, options: Sequence[str], rounds: int):
        require(rounds >= 1, "rounds must be at least 1", rounds)
        self.options, self.rounds = list(options), rounds

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        self._first_step(config)
        rounds = [(*self._first_step(config), *_torch()) for _ in range(self.rounds)]
        names = ("first_step_s", "first_step_cpu_s", "import_torch_s", "import_torch_cpu_s")
        medians = map(statistics.median, zip(*rounds, strict=True))
        return Figures(lower=dict(zip(names, medians, strict=True)))

    def _first_step(self, config: Mapping[str, Any]) -> tuple[float, float]:
        with TemporaryDirectory() as folder:
            began = time.time()
            train(config, [*self.options, *FIRST_STEP, f"hydra.run.dir={folder}/run"])
            found = json.loads((Path(folder) / "run" / FILE).read_text("utf-8"))
        return found["time"] - began, found["cpu"]


def _torch() -> tuple[float, float]:
    began = time.time()
    printed = subprocess.run([sys.executable, "-c", TORCH], capture_output=True, check=True).stdout
    now, cpu = map(float, printed.split())
    return now - began, cpu
