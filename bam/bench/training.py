"""Speed, memory and stages of training, measured on the loop that trains.

Speed: the loop itself, without validation, in rounds of equally many steps; the first round is not
counted, and the median of the others is taken. Stages: one more round, with hooks. gather (the next
batch, and the loop's own work) ends where the objective begins, lookup (negatives, rows of the
table) where the backbone begins, backbone and loss where they end, backward where the optimizer
begins. Hooks are not possible in a compiled step: its stages are measured without compiling it.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from bam.bench.clock import clock
from bam.bench.figures import Figures, peak_memory
from bam.bench.stopwatch import Stopwatch
from bam.bench.testing import first_users
from bam.config.instantiate import component
from bam.errors import require
from bam.experiment.one_run.fit import validate
from bam.experiment.one_run.steps import prepare
from bam.experiment.parts.assemble import Parts, assemble
from bam.objective.objective import Sampling
from bam.records import Batch, Histories, Interests
from bam.run import checkpoint
from bam.run.files import WEIGHTS
from bam.system.memory import reuse_freed_memory
from bam.system.torch_compiler import leave_out_compiler
from bam.training.progress import Progress


class Training:
    """Samples a second: the median of `rounds` that take about `seconds` together.

    The loop validates on `validation_users` users, and writes its best weights to `scratch`. With
    `cpu_time` only the seconds count in which this process computes.
    """

    def __init__(
        self,
        seconds: float,
        rounds: int,
        cpu_time: bool,
        warmup: int,
        validation_users: int,
        scratch: str,
    ):
        require(seconds > 0, "seconds must be above 0", seconds)
        require(rounds >= 1, "rounds must be at least 1", rounds)
        require(warmup >= 1, "warmup must be at least 1", warmup)
        require(validation_users >= 1, "validation_users must be at least 1", validation_users)
        self.seconds, self.rounds, self.now = seconds, rounds, clock(cpu_time)
        self.warmup, self.validation_users, self.scratch = warmup, validation_users, scratch

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        leave_out_compiler()
        reuse_freed_memory()
        rate, samples, memory = self._speed(config)
        steps = self.warmup + self._steps(rate, samples)
        return Figures(
            higher={"samples_per_second": rate},
            lower={"step_ms": 1000 * samples / rate, **memory},
            share=self._loop({**config, "compile": False}).shares(steps),
        )

    def _speed(self, config: Mapping[str, Any]) -> tuple[float, float, dict[str, float]]:
        """Samples a second, samples a step and peak memory; the parts are freed on return."""
        loop = self._loop(config)
        (_, rate), samples = loop.rates(self.warmup, rounds=2)
        (_, *rates), samples = loop.rates(self._steps(rate, samples), rounds=self.rounds + 1)
        return statistics.median(rates), samples, peak_memory(loop.parts.device)

    def _steps(self, rate: float, samples: float) -> int:
        return math.ceil(self.seconds / self.rounds * rate / samples)

    def _loop(self, config: Mapping[str, Any]) -> "_Loop":
        parts = assemble(config)
        few = replace(parts.split, valid=first_users(parts.split.valid, self.validation_users))
        weights = Path(self.scratch) / WEIGHTS
        return _Loop(replace(parts, split=few), config["trainer"], weights, self.now)


@dataclass(frozen=True)
class _Loop:
    """The loop that trains these parts; the limits of its trainer are given to each call."""

    parts: Parts
    trainer: Mapping[str, Any]
    weights: Path
    now: Callable[[], float]

    def rates(self, steps: int, rounds: int) -> tuple[list[float], float]:
        """Samples a second in each round of `steps` steps, and the samples of one step."""
        limits = {"max_steps": rounds * steps, "validate_every": steps, "patience": rounds}
        trainer = component({**self.trainer, **limits}, "trainer", self.parts.settings.trust)
        parts, progress, rates = replace(self.parts, trainer=trainer), Progress(), []
        training = prepare(parts)
        began, samples = self.now(), 0
        for _ in trainer.stretches(parts.step, training.batches, training.update, progress):
            rates.append((progress.samples - samples) / (self.now() - began))
            if trainer.judge(progress, validate(parts)):
                checkpoint.save(parts.step, self.weights)
            began, samples = self.now(), progress.samples
        return rates, progress.samples / progress.step

    def shares(self, steps: int) -> dict[str, float]:
        """The share of a step's time that each stage takes."""
        watch = Stopwatch(self.parts.device)
        objective = self.parts.step.objective
        hooks = [
            objective.register_forward_pre_hook(watch.at("gather")),
            objective.register_forward_hook(watch.at("loss")),
        ]
        objective.sampling = _WatchedSampling(objective.sampling, watch)
        watched = replace(
            self.parts, optimizer=partial(_watch_optimizer, self.parts.optimizer, watch)
        )
        replace(self, parts=watched).rates(steps, rounds=1)
        for hook in hooks:
            hook.remove()
        return watch.shares()


@dataclass(frozen=True)
class _WatchedSampling:
    """A sampling with hooks around its own call of the backbone."""

    sampling: Sampling
    watch: Stopwatch

    def interests(self, backbone: nn.Module, histories: Histories, batch: Batch) -> Interests:
        self.watch.at("lookup")()
        found = self.sampling.interests(backbone, histories, batch)
        self.watch.at("backbone")()
        return found


def _watch_optimizer(
    factory: Callable[..., Optimizer], watch: Stopwatch, parameters: Iterable[Tensor]
) -> Optimizer:
    optimizer = factory(parameters)
    optimizer.register_step_pre_hook(watch.at("backward"))
    optimizer.register_step_post_hook(watch.at("optimizer"))
    return optimizer
