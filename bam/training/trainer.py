"""The loop: take steps, stop at each validation, keep the best, end."""

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from bam.errors import require
from bam.records import Batch
from bam.system.bars import progress_bar
from bam.system.duration import between
from bam.system.processes import mean_over_processes
from bam.training.finite import NotFinite, finite_loss, require_finite_weights
from bam.training.update import Update

log = logging.getLogger(__name__)
BAR = "{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} steps{postfix}"


@dataclass(frozen=True)
class Stretch:
    """The steps since the last validation, as one process has taken them."""

    steps: int = 0
    samples: int = 0
    seconds: float = 0.0
    loss: Float[Tensor, ""] | float = 0.0  # their sum, on the device of the steps

    def state(self) -> dict[str, Any]:
        """Plain numbers, to be saved."""
        return {**vars(self), "loss": float(self.loss)}

    @staticmethod
    def mean(parts: Sequence["Stretch"]) -> "Stretch":
        """What each process has taken on average; all have taken the same steps."""
        samples = sum(part.samples for part in parts) // len(parts)
        seconds = sum(part.seconds for part in parts) / len(parts)
        loss = sum(float(part.loss) for part in parts) / len(parts)
        return Stretch(parts[0].steps, samples, seconds, loss)


@dataclass
class Progress:
    """How far training has come."""

    step: int = 0
    samples: int = 0  # until the last validation
    seconds: float = 0.0  # of training alone, without validation, until the last one
    validation_seconds: float = 0.0  # of all validations
    best: float = -math.inf
    best_step: int = 0
    validations: int = 0
    valid: dict[str, Any] = field(default_factory=dict)  # at the best step
    stretch: Stretch = Stretch()
    waiting: dict[str, float] = field(default_factory=dict)  # figures of a stretch not yet judged
    threads: list[int] = field(default_factory=list)  # counts that round all steps alike
    # where training began and went on, and with how many processes; starts without a later state
    # are not known
    started_at: list[int] = field(default_factory=list)
    processes: list[int] = field(default_factory=list)
    code: str = ""  # the hash of the code; of several, joined by +, where any_code=true went on

    @property
    def samples_per_second(self) -> float:
        return self.samples / self.seconds

    @property
    def steps_per_second(self) -> float:
        """Of training alone; infinite before the first step."""
        return self.step / self.seconds if self.step else math.inf

    def note_code(self, code: str) -> None:
        """Take note that this code, or these, has taken steps, too."""
        self.code = "+".join(dict.fromkeys(f"{self.code}+{code}".strip("+").split("+")))

    def note_start(self, processes: int) -> None:
        """Take note that training begins or goes on here, with this number of processes."""
        self.started_at.append(self.step)
        self.processes.append(processes)

    @property
    def judged(self) -> int:
        """A step up to which every validation is judged: one that waits will be made again."""
        return self.step - 1 if self.waiting or not self.valid else self.step


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
        looked, earlier = before.steps, float(mean_over_processes(sums[0]))
        numbers = range(progress.step + 1, stop + 1)
        for number, batch in zip(numbers, batches, strict=False):
            loss = step(batch)
            sums.append(sums[-1] + loss.detach())
            update(loss, number)
            taken, samples = number - validated, samples + len(batch.target)
            seconds = before.seconds + time.perf_counter() - began
            progress.step, progress.stretch = number, Stretch(taken, samples, seconds, sums[-1])
            if taken % self.log_every == 0:  # reading a loss waits for the device
                total = finite_loss(step, sums, number)
                track_loss(number, (total - earlier) / (taken - looked))
                mean, looked, earlier = total / taken, taken, total
                sums = sums[-1:]
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
