"""Speed, memory and stages of testing, measured on the full ranking of the test targets.

There are two stages. backbone is the model's backbone, from its call to its interests; ranking is
all the rest: windows, scores of every item, ranks and best items.
"""

import math
import statistics
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from bam.bench.clock import clock
from bam.bench.figures import Figures, peak_memory
from bam.bench.stopwatch import Stopwatch
from bam.errors import require
from bam.experiment.parts.assemble import Parts, assemble
from bam.records import Spans
from bam.system.memory import reuse_freed_memory


class Testing:
    """Users a second: the median of `rounds` that take about `seconds` together.

    With `cpu_time` only the seconds count in which this process computes.
    """

    def __init__(self, seconds: float, rounds: int, cpu_time: bool, warmup: int):
        require(seconds > 0, "seconds must be above 0", seconds)
        require(rounds >= 1, "rounds must be at least 1", rounds)
        require(warmup >= 1, "warmup must be at least 1", warmup)
        self.seconds, self.rounds, self.warmup = seconds, rounds, warmup
        self.now = clock(cpu_time)

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        reuse_freed_memory()
        parts = assemble(config)
        self._rate(parts, self.warmup)
        users = math.ceil(self.seconds / self.rounds * self._rate(parts, self.warmup))
        rate = statistics.median(self._rate(parts, users) for _ in range(self.rounds))
        memory = peak_memory(parts.device)
        return Figures(higher={"users_per_second": rate}, lower=memory, share=_shares(parts, users))

    def _rate(self, parts: Parts, users: int) -> float:
        began = self.now()
        return _rank(parts, users) / (self.now() - began)


def first_users(spans: Spans, users: int) -> Spans:
    """The first `users` users, or all if there are fewer."""
    return Spans(*(getattr(spans, field.name)[:users] for field in fields(Spans)))


def _rank(parts: Parts, users: int) -> int:
    """Test the first users; returns how many there are."""
    few = first_users(parts.split.test, users)
    parts.rank(few, list_length=max(parts.evaluator.cutoffs))  # waits for the device
    return len(few.start)


def _shares(parts: Parts, users: int) -> dict[str, float]:
    watch = Stopwatch(parts.device)
    hooks = [
        parts.step.model.backbone.register_forward_pre_hook(watch.at("ranking")),
        parts.step.model.backbone.register_forward_hook(watch.at("backbone")),
    ]
    _rank(parts, users)
    watch.at("ranking")()  # of the last block
    for hook in hooks:
        hook.remove()
    return watch.shares()
