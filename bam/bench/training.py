"""Speed, memory and stages of training, measured on the loop that trains.

Speed: the loop itself, without validation, in rounds of equal steps; the first warms up, and the
median of the others counts. Stages: another round, with a hook on each of the calls that the loop
makes. gather ends where the objective begins (the next batch, and the loop's own book-keeping),
lookup where the backbone begins (negatives, rows of the table), backbone and loss where theirs end,
backward where the optimizer begins. A compiled step has no such places: its stages are those of the
same step, not compiled.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from bam import checkpoint
from bam.bench.figures import Figures, peak_memory
from bam.bench.stopwatch import Stopwatch
from bam.bench.testing import first
from bam.experiment.compose import component
from bam.experiment.fit import begin, go_on
from bam.experiment.folder import WEIGHTS
from bam.experiment.memory import reuse_freed_memory
from bam.experiment.parts import Parts, assemble
from bam.mistake import require
from bam.trainer import Progress


class Training:
    """Samples a second of an experiment, in about `seconds` of training."""

    def __init__(
        self, seconds: float, rounds: int, warmup: int, validation_users: int, scratch: str
    ):
        require(seconds > 0, "seconds must be above 0", seconds)
        for name, number in (("rounds", rounds), ("warmup", warmup),
                             ("validation_users", validation_users)):  # fmt: skip
            require(number >= 1, f"{name} must be at least 1", number)
        self.seconds, self.rounds = seconds, rounds
        self.warmup, self.validation_users, self.scratch = warmup, validation_users, scratch

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        reuse_freed_memory()
        rate, memory = self._speed(config)
        batch_size = config["batch_size"]
        return Figures(
            higher={"samples_per_second": rate},
            lower={"step_ms": 1000 * batch_size / rate, **memory},
            share=self._stages({**config, "compile": False}, rate),
        )

    def _speed(self, config: Mapping[str, Any]) -> tuple[float, dict[str, float]]:
        loop = self._loop(config)
        _, rate = loop.rates(self.warmup, rounds=2)
        _, *rates = loop.rates(self._steps(config, rate), rounds=self.rounds + 1)
        return statistics.median(rates), peak_memory(loop.parts.device)

    def _stages(self, config: Mapping[str, Any], rate: float) -> dict[str, float]:
        return self._loop(config).shares(self.warmup + self._steps(config, rate))

    def _steps(self, config: Mapping[str, Any], rate: float) -> int:
        return math.ceil(self.seconds / self.rounds * rate / config["batch_size"])

    def _loop(self, config: Mapping[str, Any]) -> "_Loop":
        parts = assemble(config)
        few = replace(parts.split, valid=first(parts.split.valid, self.validation_users))
        return _Loop(replace(parts, split=few), config["trainer"], Path(self.scratch) / WEIGHTS)


@dataclass(frozen=True)
class _Loop:
    """The loop that trains these parts, with the limits of its trainer still open."""

    parts: Parts
    trainer: Mapping[str, Any]
    weights: Path

    def rates(self, steps: int, rounds: int) -> list[float]:
        """Samples a second in each round of so many steps."""
        limits = {"max_steps": rounds * steps, "validate_every": steps, "patience": rounds}
        trainer = component({**self.trainer, **limits}, "trainer")
        told: list[dict[str, float]] = []
        go_on(
            replace(self.parts, trainer=trainer),
            begin(self.parts),
            Progress(),
            keep=lambda: checkpoint.save(self.parts.step, self.weights),
            track=told.append,
            note=lambda progress: None,
        )
        return [entry["samples_per_second"] for entry in told]

    def shares(self, steps: int) -> dict[str, float]:
        """The part of a step's time that each stage takes."""
        watch = Stopwatch(self.parts.device)
        objective, backbone = self.parts.step.objective, self.parts.step.model.backbone
        hooks = [
            objective.register_forward_pre_hook(watch.at("gather")),
            backbone.register_forward_pre_hook(watch.at("lookup")),
            backbone.register_forward_hook(watch.at("backbone")),
            objective.register_forward_hook(watch.at("loss")),
        ]
        watched = replace(self.parts, optimizer=partial(_watched, self.parts.optimizer, watch))
        replace(self, parts=watched).rates(steps, rounds=1)
        for hook in hooks:
            hook.remove()
        return watch.shares()


def _watched(
    factory: Callable[..., Optimizer], watch: Stopwatch, parameters: Iterable[Tensor]
) -> Optimizer:
    optimizer = factory(parameters)
    optimizer.register_step_pre_hook(watch.at("backward"))
    optimizer.register_step_post_hook(watch.at("optimizer"))
    return optimizer
