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

from bam.mistake import Mistake, require
from bam.progress import bar
from bam.records import Batch, Track

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
        self, max_steps: int, validate_every: int, patience: int, metric: str, log_every: int
    ):
        require(max_steps >= 0, "max_steps must be at least 0", max_steps)
        require(validate_every >= 1, "validate_every must be at least 1", validate_every)
        require(patience >= 1, "patience must be at least 1", patience)
        require(log_every >= 1, "log_every must be at least 1", log_every)
        self.max_steps, self.validate_every = max_steps, validate_every
        self.patience, self.metric, self.log_every = patience, metric, log_every

    def fit(
        self,
        step: nn.Module,
        batches: Iterator[Batch],
        optimizer: torch.optim.Optimizer,
        validate: Callable[[], dict[str, Any]],
        keep: Callable[[], None],
        track: Track,
        progress: Progress,
        note: Callable[[Progress], None],
    ) -> Progress:
        """Take steps from `progress` on; `step` gives the loss of a batch.

        `keep` is called when the weights are the best so far; after each validation `track` is
        told the numbers, and `note` how far training has come.
        """
        with bar(
            total=self.max_steps, desc="training", unit="step", initial=progress.step
        ) as shown:
            # even without any step there is one validation
            while progress.validations == 0 or not self._finished(progress):
                steps = min(self.validate_every, self.max_steps - progress.step)
                began = time.perf_counter()
                loss, samples = self._train(step, batches, optimizer, steps, shown)
                seconds = time.perf_counter() - began
                progress.step += steps
                progress.samples += samples
                progress.seconds += seconds
                progress.validations += 1
                metrics = validate()
                if metrics[self.metric] > progress.best:
                    progress.best, progress.best_step = metrics[self.metric], progress.step
                    progress.valid = metrics
                    keep()
                track({"step": progress.step, "loss": loss, **metrics,
                       "samples_per_second": samples / seconds})  # fmt: skip
                log.info("step %d: loss %.4f, %s %.4f (best %.4f at step %d), %.0f samples/s",
                         progress.step, loss, self.metric, metrics[self.metric], progress.best,
                         progress.best_step, samples / seconds)  # fmt: skip
                note(progress)
        return progress

    def _finished(self, progress: Progress) -> bool:
        stale = progress.step - progress.best_step >= self.patience * self.validate_every
        if stale:
            log.info("no better %s in %d validations: stopped", self.metric, self.patience)
        return stale or progress.step >= self.max_steps

    def _train(
        self,
        step: nn.Module,
        batches: Iterator[Batch],
        optimizer: torch.optim.Optimizer,
        steps: int,
        shown: tqdm,
    ) -> tuple[float, int]:
        """Take some steps; returns their mean loss, and the samples seen."""
        step.train()
        total, samples = torch.zeros(()), 0
        for taken in range(1, steps + 1):
            batch = next(batches)
            loss = step(batch)
            total = total.to(loss.device) + loss.detach()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            samples += len(batch.target)
            shown.update()
            if taken % self.log_every == 0:  # reading a loss waits for the device
                shown.set_postfix_str(f"loss {_finite(total, taken):.3f}")
        return _finite(total, steps), samples


def _finite(total: Tensor, steps: int) -> float:
    mean = float(total) / max(steps, 1)
    if not math.isfinite(mean):
        raise Mistake(f"the loss became {mean}: lower optimizer.lr, or clip the gradient")
    return mean
