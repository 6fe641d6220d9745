"""The loop: take steps, stop at each validation, keep the best, end."""

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from bam.errors import require
from bam.records import Batch
from bam.system.bars import progress_bar
from bam.system.duration import between
from bam.training.finite import NotFinite, finite_loss, require_finite_weights
from bam.training.progress import Progress, Stretch
from bam.training.update import Update

log = logging.getLogger(__name__)
BAR = "{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} steps{postfix}"


def no_stop(step: int) -> None:
    """Let training go on after every step."""


def no_track(step: int, loss: float) -> None:
    """Leave the loss between validations untracked."""


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

    def exactly(self, steps: int) -> "Trainer":
        """One that stops where this one does, and ends after this number of steps."""
        return Trainer(
            steps, self.validate_every, self.patience, self.metric, self.log_every, self.clip_norm
        )

    def stretches(
        self,
        step: nn.Module,
        batches: Iterable[Batch],
        update: Update,
        progress: Progress,
        after_step: Callable[[int], None] = no_stop,
        track_loss: Callable[[int, float], None] = no_track,
        title: str = "",
    ) -> Iterator[dict[str, float]]:
        """Take steps from `progress` on; stop at each validation, with the figures since the last.

        `step` gives the loss of a batch, and `update` learns from it. At each stop the caller
        validates and gives the metrics to `judge`. Even without any step there is one validation.
        `after_step` gets the number of each step that is complete: `progress` then holds all that
        is needed to go on. `track_loss` gets every `log_every`-th step since a validation, with the
        mean loss of the steps since the last one it got or that validation. `title` begins the bar.

        Raises:
            NotFinite: a loss or a weight is no longer a finite number.
        """
        with progress_bar(
            total=self.max_steps, initial=progress.step, desc=title, bar_format=BAR, leave=False
        ) as shown:
            if progress.waiting:  # stopped during its validation
                yield progress.waiting
            while progress.validations == 0 or progress.stretch.steps or not self._ends(progress):
                loss = self._steps(step, batches, update, progress, shown, after_step, track_loss)
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

    def time_left(self, progress: Progress, speed: float) -> tuple[float, float]:
        """Seconds until training ends at the earliest and at the latest, at `speed` steps a second.

        At the earliest where no validation from here on has a better metric, at the latest after
        max_steps.
        """
        latest = self.max_steps - progress.step
        stale = progress.best_step + self.patience * self.validate_every - progress.step
        validation = progress.validation_seconds / max(progress.validations, 1)

        def seconds(steps: int) -> float:
            return steps / speed + math.ceil(steps / self.validate_every) * validation

        return seconds(max(min(stale, latest), 0)), seconds(latest)

    def _present(self, progress: Progress, speed: float, loss: float) -> str:
        """What the bar shows beside the steps; the loss once it is known."""
        known = "" if math.isnan(loss) else f"loss {loss:.3f}, "
        left = between(*self.time_left(progress, speed))
        return f"{speed:,.{0 if speed >= 10 else 1}f}/s, {known}{left} left"

    def _ends(self, progress: Progress) -> bool:
        if progress.step >= self.max_steps:
            return True
        stale = progress.step - progress.best_step >= self.patience * self.validate_every
        if stale:
            rule = "stopped early: no better %s in %d validations (trainer.patience)"
            log.info(rule, self.metric, self.patience)
        return stale

    def _steps(
        self,
        step: nn.Module,
        batches: Iterable[Batch],
        update: Update,
        progress: Progress,
        shown: tqdm,
        after_step: Callable[[int], None],
        track_loss: Callable[[int, float], None],
    ) -> float:
        """Take the steps until the next validation; returns their mean loss."""
        step.train()
        before, began = progress.stretch, time.perf_counter()
        validated = progress.step - before.steps
        stop = min(validated + self.validate_every, self.max_steps)
        device = next(step.parameters()).device
        sums = [torch.as_tensor(before.loss, device=device, dtype=torch.float64)]
        samples, mean = before.samples, math.nan
        tracked, earlier = before.tracked, before.tracked_loss
        numbers = range(progress.step + 1, stop + 1)
        for number, batch in zip(numbers, batches, strict=False):
            loss = step(batch)
            sums.append(sums[-1] + loss.detach())
            update(loss, number)
            taken, samples = number - validated, samples + len(batch.target)
            seconds = before.seconds + time.perf_counter() - began
            if taken % self.log_every == 0:  # reading a loss waits for the device
                total = finite_loss(step, sums, number)
                track_loss(number, (total - earlier) / (taken - tracked))
                mean, tracked, earlier = total / taken, taken, total
                sums = sums[-1:]
            stretch = Stretch(taken, samples, seconds, sums[-1], tracked, earlier)
            progress.step, progress.stretch = number, stretch
            if shown.update():  # drawn; the next drawing has the speed until now
                shown.set_postfix_str(self._present(progress, taken / seconds, mean), refresh=False)
            after_step(number)
        mean = finite_loss(step, sums, stop) / max(stop - validated, 1)
        seconds = before.seconds + time.perf_counter() - began  # the device has ended its steps
        progress.stretch = replace(progress.stretch, seconds=seconds)
        require_finite_weights(step, stop, validated)
        return mean


def _end_stretch(progress: Progress) -> dict[str, float]:
    """The speed since the last validation; the next stretch begins."""
    stretch, progress.stretch = progress.stretch, Stretch()
    progress.samples += stretch.samples
    progress.seconds += stretch.seconds
    progress.validations += 1
    return {"samples_per_second": stretch.samples / stretch.seconds}
