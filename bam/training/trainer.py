"""The loop: take steps, stop at each validation, keep the best, end."""

import logging
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from bam.errors import Mistake, require
from bam.records import Batch
from bam.system.bars import progress_bar
from bam.system.processes import mean_over_processes
from bam.training.update import Update

log = logging.getLogger(__name__)


@dataclass
class Progress:
    """How far training has come."""

    step: int = 0
    samples: int = 0
    seconds: float = 0.0  # of training alone, without validation
    best: float = -math.inf
    best_step: int = 0
    validations: int = 0
    valid: dict[str, Any] = field(default_factory=dict)  # at the best step
    threads: list[int] = field(default_factory=list)  # counts that round all steps alike

    @property
    def samples_per_second(self) -> float:
        return self.samples / self.seconds


class Trainer:
    """Trains until `max_steps`, or until `metric` has not risen for `patience` validations."""

    def __init__(
        self,
        max_steps: int,
        validate_every: int,
        patience: int,
        metric: str,
        log_every: int,
        clip_norm: float,
    ):
        require(max_steps >= 0, "max_steps must be at least 0", max_steps)
        require(validate_every >= 1, "validate_every must be at least 1", validate_every)
        require(patience >= 1, "patience must be at least 1", patience)
        require(log_every >= 1, "log_every must be at least 1", log_every)
        require(clip_norm >= 0, "clip_norm must be at least 0", clip_norm)
        self.max_steps, self.validate_every, self.clip_norm = max_steps, validate_every, clip_norm
        self.patience, self.metric, self.log_every = patience, metric, log_every

    def stretches(
        self, step: nn.Module, batches: Iterable[Batch], update: Update, progress: Progress
    ) -> Iterator[dict[str, float]]:
        """Take steps from `progress` on; stop at each validation, with the figures since the last.

        `step` gives the loss of a batch, and `update` learns from it. At each stop the caller
        validates and gives the metrics to `judge`. Even without any step there is one validation.

        Raises:
            Mistake: the loss is no longer a number.
        """
        with progress_bar(
            total=self.max_steps, desc="training", unit="step", initial=progress.step
        ) as shown:
            while progress.validations == 0 or not self._ends(progress):
                trained = self._train(step, batches, update, progress, shown)
                progress.validations += 1
                yield trained

    def judge(self, progress: Progress, metrics: dict[str, Any]) -> bool:
        """Whether these metrics of a validation are the best so far; the best stay in progress."""
        if not metrics[self.metric] > progress.best:
            return False
        progress.best, progress.best_step = metrics[self.metric], progress.step
        progress.valid = metrics
        return True

    def _ends(self, progress: Progress) -> bool:
        stale = progress.step - progress.best_step >= self.patience * self.validate_every
        if stale:
            log.info("no better %s in %d validations: stopped", self.metric, self.patience)
        return stale or progress.step >= self.max_steps

    def _train(
        self,
        step: nn.Module,
        batches: Iterable[Batch],
        update: Update,
        progress: Progress,
        shown: tqdm,
    ) -> dict[str, float]:
        """Take the steps until the next validation, and return their figures."""
        stop = min(progress.step + self.validate_every, self.max_steps)
        began = time.perf_counter()
        numbers = range(progress.step + 1, stop + 1)
        loss, samples = self._steps(step, batches, update, numbers, shown)
        seconds = time.perf_counter() - began
        progress.step, progress.samples = stop, progress.samples + samples
        progress.seconds += seconds
        return {
            "loss": loss,
            "learning_rate": update.learning_rate,
            "samples_per_second": samples / seconds,
        }

    def _steps(
        self,
        step: nn.Module,
        batches: Iterable[Batch],
        update: Update,
        numbers: range,
        shown: tqdm,
    ) -> tuple[float, int]:
        """Take the steps of these numbers; returns their mean loss and the number of samples."""
        step.train()
        total, samples = torch.zeros(()), 0
        for taken, (number, batch) in enumerate(zip(numbers, batches, strict=False), 1):
            loss = step(batch)
            total = total.to(loss.device) + loss.detach()
            update(loss, number)
            samples += len(batch.target)
            shown.update()
            if taken % self.log_every == 0:  # reading a loss waits for the device
                shown.set_postfix_str(f"loss {_mean_loss(total, taken):.3f}")
        return _mean_loss(total, len(numbers)), samples


def _mean_loss(total: Tensor, steps: int) -> float:
    """The mean over steps and processes, which all see the same number and end together."""
    mean = mean_over_processes(total) / max(steps, 1)
    if not math.isfinite(mean):
        raise Mistake(f"the loss became {mean}: lower optimizer.lr, or set trainer.clip_norm")
    return mean
