"""Take the steps of a training, which goes on where it was stopped: `fit` and `refit` use it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch

from bam.experiment.parts.assemble import Parts
from bam.system.device import compile_options
from bam.system.shards import shared_out
from bam.system.stop import Stopped
from bam.system.threads import Pace, Paced
from bam.training.interruption import Interruption, interruption
from bam.training.progress import Progress
from bam.training.rounding import interchangeable
from bam.training.state import Stream, Training
from bam.training.update import Update

log = logging.getLogger(__name__)
TRIED = 4  # batches that decide which thread counts round alike


def prepare(parts: Parts) -> Training:
    """The optimizer, the average and the batches of a training, before its first step."""
    optimizer = parts.optimizer([p for p in parts.step.parameters() if p.requires_grad])
    averaged = parts.averaging.begin(parts.step)
    update = Update(
        parts.step,
        averaged,
        optimizer,
        parts.schedule,
        parts.averaging,
        parts.trainer.clip_norm,
    )
    if parts.settings.compile:
        parts.step.compile(**compile_options(parts.device))
    torch.manual_seed(parts.processes.seed(parts.settings.seed))
    return Training(
        parts.step,
        averaged,
        update,
        stream(parts),
        parts.device,
        parts.processes,
        parts.settings.seed,
        parts.interactions.checksum,
        parts.code,
    )


def stream(parts: Parts) -> Stream:
    """Training batches, from a separate generator, so that no other draw changes them."""
    shared, processes = parts.settings, parts.processes
    generator = torch.Generator().manual_seed(processes.seed(shared.seed))
    batch_size = shared.batch_size // processes.size
    groups = parts.sampling.groups(parts.events, parts.split.train, batch_size, generator)
    return Stream(groups, generator)


def start(parts: Parts, progress: Progress) -> Parts:
    """Note that training begins or goes on here; the parts with the thread counts of its steps."""
    progress.note_start(parts.processes.size)
    progress.threads = _threads(parts, progress)
    return replace(parts, pace=Pace(progress.threads))


def _threads(parts: Parts, progress: Progress) -> list[int]:
    """The thread counts of a training: a saved one keeps its own, unless `threads` fixes them."""
    counts = parts.pace.counts
    if progress.threads and not parts.settings.threads:
        return progress.threads
    if len(counts) > 1:
        few = islice(stream(parts), TRIED)
        counts = interchangeable(parts.step, few, counts, parts.device)
        log.info(
            "threads: %s, the quickest is measured (threads=N sets the number)",
            " or ".join(map(str, counts)),
        )
    return counts


@contextmanager
def stopping(
    parts: Parts, training: Training, progress: Progress, state: Path
) -> Iterator[Interruption]:
    """Where SIGINT and SIGTERM stop the training after a step, of which the state is saved.

    Raises:
        Stopped: one has arrived.
    """
    with interruption(parts.processes, parts.settings.timeout) as stop:
        try:
            yield stop
        except Stopped as stopped:
            training.save(progress, training.draws(progress), state)
            place = f"{state.parent}, where the same command goes on"
            raise Stopped(stopped.number, f"step {progress.step} is kept in {place}") from None


def stretches(
    parts: Parts,
    training: Training,
    progress: Progress,
    state: Path,
    stop: Interruption,
    track_loss: Callable[[int, float], None],
    title: str,
) -> Iterator[dict[str, float]]:
    """As `Trainer.stretches`, of all processes; every `save_every` steps the state is saved."""
    shared = shared_out(parts.step)  # their gradients are already means over the processes
    step = parts.processes.synchronised(parts.step, without=shared)
    batches, trainer = Paced(training.batches, parts.pace), parts.trainer
    every = parts.settings.save_every

    def after_step(number: int) -> None:
        stop.after_step(number)
        if every and number % every == 0 and number % trainer.validate_every:
            training.save(progress, training.draws(progress), state)

    update = training.update
    return trainer.stretches(step, batches, update, progress, after_step, track_loss, title)
