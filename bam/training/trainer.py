"""The loop: take steps, stop at each validation, keep the best, end."""

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from bam.errors import require
from bam.records import Batch
from bam.system.bars import progress_bar
from bam.training.finite import NotFinite, finite_loss, require_finite_weights
from bam.training.update import Update

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stretch:
    """The steps since the last validation, as one process has taken them."""

    steps: int = 0
    samples: int = 0
    seconds: float = 0.0
    loss: float = 0.0  # their sum


@dataclass
class Progress:
    """How far training has come."""

    step: int = 0
    samples: int = 0  # until the last validation
    seconds: float = 0.0  # of training alone, without validation, until the last one
    best: float = -math.inf
    best_step: int = 0
    validations: int = 0
    valid: dict[str, Any] = field(default_factory=dict)  # at the best step
    stretch: Stretch = Stretch()
    waiting: dict[str, float] = field(default_factory=dict)  # figures of a stretch not yet judged
    threads: list[int] = field(default_factory=list)  # counts that round all steps alike

    @property
    def samples_per_second(self) -> float:
        return self.samples / self.seconds

    @property
    def judged(self) -> int:
        """A step up to which every validation is judged: one that waits will be made again."""
        return self.step - 1 if self.waiting else self.step


def no_stop(step: int) -> None:
    """Let training go on after every step."""


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
        self,
        step: nn.Module,
        batches: Iterable[Batch],
        update: Update,
        progress: Progress,
        after_step: Callable[[int], None] = no_stop,
    ) -> Iterator[dict[str, float]]:
        """Take steps from `progress` on; stop at each validation, with the figures since the last.

        `step` gives the loss of a batch, and `update` learns from it. At each stop the caller
        validates and gives the metrics to `judge`. Even without any step there is one validation.
        `after_step` gets the number of each step that is complete; when it raises, `progress` holds
        all that is needed to go on.

        Raises:
            NotFinite: a loss or a weight is no longer a finite number.
        """
        with progress_bar(
            total=self.max_steps, desc="training", unit="step", initial=progress.step
        ) as shown:
            if progress.waiting:  # stopped during its validation
                yield progress.waiting
            while progress.validations == 0 or progress.stretch.steps or not self._ends(progress):
                loss = self._steps(step, batches, update, progress, shown, after_step)
                progress.waiting = {"loss": loss, "learning_rate": update.learning_rate}
                progress.waiting |= _end_stretch(progress)
                yield progress.waiting

    def judge(self, progress: Progress, metrics: dict[str, Any]) -> bool:
        """Whether these metrics of a validation are the best so far; the best stay in progress.

        Raises:
            NotFinite: the metric is NaN or infinite.
        """
        value, progress.waiting = metrics[self.metric], {}
        if not math.isfinite(value):
            raise NotFinite(f"{self.metric} became {value} at step {progress.step}")
        if not value > progress.best:
            return False
        progress.best, progress.best_step = value, progress.step
        progress.valid = metrics
        return True

    def _ends(self, progress: Progress) -> bool:
        stale = progress.step - progress.best_step >= self.patience * self.validate_every
        if stale:
            log.info("no better %s in %d validations: stopped", self.metric, self.patience)
        return stale or progress.step >= self.max_steps

    def _steps(
        self,
        step: nn.Module,
        batches: Iterable[Batch],
        update: Update,
        progress: Progress,
        shown: tqdm,
        after_step: Callable[[int], None],
    ) -> float:
        """Take the steps until the next validation; returns their mean loss."""
        step.train()
        before, began = progress.stretch, time.perf_counter()
        validated = progress.step - before.steps
        stop = min(validated + self.validate_every, self.max_steps)
        sums = [torch.tensor(before.loss, device=next(step.parameters()).device)]
        samples = before.samples
        try:
            numbers = range(progress.step + 1, stop + 1)
            for number, batch in zip(numbers, batches, strict=False):
                loss = step(batch)
                sums.append(sums[-1] + loss.detach())
                update(loss, number)
                progress.step, samples = number, samples + len(batch.target)
                shown.update()
                taken = number - validated
                if taken % self.log_every == 0:  # reading a loss waits for the device
                    mean = finite_loss(step, sums, number) / taken
                    shown.set_postfix_str(f"loss {mean:.3f}", refresh=False)
                    sums = sums[-1:]
                after_step(number)
            mean = finite_loss(step, sums, stop) / max(stop - validated, 1)
        finally:
            seconds = before.seconds + time.perf_counter() - began
            steps = progress.step - validated
            progress.stretch = Stretch(steps, samples, seconds, float(sums[-1]))
        require_finite_weights(step, stop, validated)
        return mean


def _end_stretch(progress: Progress) -> dict[str, float]:
    """The speed since the last validation; the next stretch begins."""
    stretch, progress.stretch = progress.stretch, Stretch()
    progress.samples += stretch.samples
    progress.seconds += stretch.seconds
    progress.validations += 1
    return {"samples_per_second": stretch.samples / stretch.seconds}
