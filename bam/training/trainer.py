"""The loop: step, validate, keep the best, stop."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from bam.errors import Mistake, require
from bam.records import Batch, Track
from bam.system.bars import progress_bar
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
        for name, count in (("validate_every", validate_every), ("patience", patience),
                            ("log_every", log_every)):  # fmt: skip
            require(count >= 1, f"{name} must be at least 1", count)
        require(clip_norm >= 0, "clip_norm must be at least 0", clip_norm)
        self.max_steps, self.validate_every, self.clip_norm = max_steps, validate_every, clip_norm
        self.patience, self.metric, self.log_every = patience, metric, log_every

    def fit(
        self,
        step: nn.Module,
        batches: Iterator[Batch],
        update: Update,
        validate: Callable[[], dict[str, Any]],
        keep: Callable[[], None],
        track: Track,
        progress: Progress,
        note: Callable[[Progress], None],
    ) -> Progress:
        """Take steps from `progress` on; `step` gives the loss of a batch, `update` learns from it.

        `keep` is called when the weights are the best so far; after each validation `track` is
        told the numbers, and `note` how far training has come.
        """
        with progress_bar(
            total=self.max_steps, desc="training", unit="step", initial=progress.step
        ) as shown:
            # even without any step there is one validation
            while progress.validations == 0 or not self._finished(progress):
                trained = self._train(step, batches, update, progress, shown)
                metrics = validate()
                progress.validations += 1
                if metrics[self.metric] > progress.best:
                    progress.best, progress.best_step = metrics[self.metric], progress.step
                    progress.valid = metrics
                    keep()
                told = {"step": progress.step, **trained, **metrics}
                track(told)
                self._log(told, progress)
                note(progress)
        return progress

    def _log(self, told: dict[str, Any], progress: Progress) -> None:
        log.info("step %d: loss %.4f, %s %.4f (best %.4f at step %d), %.0f samples/s",
                 told["step"], told["loss"], self.metric, told[self.metric], progress.best,
                 progress.best_step, told["samples_per_second"])  # fmt: skip

    def _finished(self, progress: Progress) -> bool:
        stale = progress.step - progress.best_step >= self.patience * self.validate_every
        if stale:
            log.info("no better %s in %d validations: stopped", self.metric, self.patience)
        return stale or progress.step >= self.max_steps

    def _train(
        self,
        step: nn.Module,
        batches: Iterator[Batch],
        update: Update,
        progress: Progress,
        shown: tqdm,
    ) -> dict[str, float]:
        """Take the steps until the next validation; tells what they were like."""
        stop = min(progress.step + self.validate_every, self.max_steps)
        began = time.perf_counter()
        numbers = range(progress.step + 1, stop + 1)
        loss, samples = self._steps(step, batches, update, numbers, shown)
        seconds = time.perf_counter() - began
        progress.step, progress.samples = stop, progress.samples + samples
        progress.seconds += seconds
        return {"loss": loss, "learning_rate": update.learning_rate,
                "samples_per_second": samples / seconds}  # fmt: skip

    def _steps(
        self,
        step: nn.Module,
        batches: Iterator[Batch],
        update: Update,
        numbers: range,
        shown: tqdm,
    ) -> tuple[float, int]:
        """Take the steps of these numbers; returns their mean loss, and the samples seen."""
        step.train()
        total, samples = torch.zeros(()), 0
        for taken, number in enumerate(numbers, 1):
            batch = next(batches)
            loss = step(batch)
            total = total.to(loss.device) + loss.detach()
            update(loss, number)
            samples += len(batch.target)
            shown.update()
            if taken % self.log_every == 0:  # reading a loss waits for the device
                shown.set_postfix_str(f"loss {_finite(total, taken):.3f}")
        return _finite(total, len(numbers)), samples


def _finite(total: Tensor, steps: int) -> float:
    mean = float(total) / max(steps, 1)
    if not math.isfinite(mean):
        raise Mistake(f"the loss became {mean}: lower optimizer.lr, or set trainer.clip_norm")
    return mean
