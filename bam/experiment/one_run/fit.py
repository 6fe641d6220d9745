"""Train the parts, from the beginning or from where they were interrupted; validate and test."""

import logging
import math
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from bam.evaluation.found import Ranking
from bam.evaluation.outcome import Measurement
from bam.experiment.one_run.steps import prepare, start, stopping, stream, stretches
from bam.experiment.parts.assemble import Parts
from bam.experiment.parts.causes import with_causes
from bam.records import Interactions, Track
from bam.results.render.text import number
from bam.run import checkpoint
from bam.run.files import FINAL, PREVIOUS, RESUME, WEIGHTS
from bam.run.identity import INITIAL_WEIGHTS
from bam.run.spec import RunSpec
from bam.run.tracker.jsonl import cut_back
from bam.system.duration import between
from bam.system.threads import Pace
from bam.system.torchrun import is_first_process
from bam.training.finite import NotFinite
from bam.training.loss_parts import loss_parts
from bam.training.progress import Progress
from bam.training.state import Training
from bam.training.trainer import Trainer

log = logging.getLogger(__name__)
# of the validation before the first step
NO_STEPS = {"loss": math.nan, "learning_rate": math.nan, "samples_per_second": math.nan}
FIRST = "1 of 2, "  # in the lines of a run that trains again


def fit(parts: Parts, spec: RunSpec, track: Track) -> tuple[Progress, Pace]:
    """Train the model from its last state on; the best weights so far are always on disk.

    The pace has the thread counts of this training; the test should go on with it.

    Raises:
        Mistake: a loss, a weight or the metric that chooses the weights is not finite.
        Stopped: SIGINT or SIGTERM has arrived, and the state of the last step is saved.
    """
    training = prepare(parts)
    progress = training.restore(_newest_state(spec.folder), spec.any_code)
    _warn_of_validation(progress, parts.trainer)
    if progress.valid and progress.best_step == progress.step:  # a kill may have come between
        checkpoint.save_shared(training.averaged, spec.folder / WEIGHTS, parts.processes)
    if progress.valid:  # weights that are damaged are found now, and not at the end
        parts.processes.first(lambda: checkpoint.check(spec.folder / WEIGHTS))
    elif INITIAL_WEIGHTS in spec.config and parts.trainer.max_steps:
        progress.waiting = dict(NO_STEPS)  # they are validated, too: they may stay the best
    if is_first_process():
        cut_back(spec.folder, progress.judged)
    parts = start(parts, progress)
    try:
        _fit(parts, training, progress, spec, track)
    except NotFinite as error:
        raise with_causes(error, spec.config, progress) from error
    return progress, parts.pace


def _fit(parts: Parts, training: Training, progress: Progress, spec: RunSpec, track: Track) -> None:
    trainer, state = parts.trainer, spec.folder / RESUME
    title = FIRST if spec.config["refit"] else ""
    first_batch = cache(lambda: next(stream(parts)))  # the same at every validation
    with stopping(parts, training, progress, state) as stop:
        for trained in stretches(parts, training, progress, state, stop, track.loss, title):
            began = time.perf_counter()
            with stop.possible():
                metrics = validate(replace(parts, step=training.averaged))
            progress.validation_seconds += time.perf_counter() - began
            is_best = trainer.judge(progress, metrics)
            line = {"step": progress.step, **trained, **metrics}
            if progress.step:  # in all processes: the rows of a batch may be in any of them
                line |= loss_parts(parts.step, first_batch(), parts.settings.seed)
            track.validation(line)
            # the state has the weights that were validated: one that is lost after it, `fit` makes
            # again; weights without their state would pass for those of an earlier step
            training.save(progress, training.draws(progress), state)
            if is_best:
                checkpoint.save_shared(training.averaged, spec.folder / WEIGHTS, parts.processes)
            _log(line, trainer, progress, title)


def _newest_state(folder: Path) -> Path:
    """The state of the last validation; of a finished run that gets more steps, the final one."""
    saved = any((folder / name).exists() for name in (RESUME, PREVIOUS))
    return folder / (FINAL if (folder / FINAL).exists() and not saved else RESUME)


def _warn_of_validation(progress: Progress, trainer: Trainer) -> None:
    """Of a run that ended between two validations, and goes on: its last one remains."""
    step, is_validated = progress.step, progress.validations > 0 and not progress.stretch.steps
    between = step == 0 or step % trainer.validate_every > 0
    if is_validated and between and step < trainer.max_steps:
        line = "step %d has been validated, where a run without a break has no validation: %s"
        log.warning(line, step, "the steps are equal, but another step may be the best")


def validate(parts: Parts) -> dict[str, Any]:
    """Metrics and balance of the present weights on the validation targets."""
    evaluator, ranking = parts.evaluator, parts.rank(parts.split.valid)
    balance = evaluator.balance(ranking)
    measured = evaluator.measure(ranking, parts.facts)
    return {**{one.name: one.mean for one in measured}, **balance}


def measure(parts: Parts) -> tuple[Ranking, list[Measurement], dict[str, Any]]:
    """The ranking of the test targets, what metrics give; and results: means, balance, speed."""
    evaluator = parts.evaluator
    began = time.perf_counter()
    ranking = parts.rank(parts.split.test, list_length=evaluator.list_length)
    seconds = time.perf_counter() - began
    measured = evaluator.measure(ranking, parts.facts)
    return (
        ranking,
        measured,
        {
            "test": {one.name: one.mean for one in measured},
            "sizes": _sizes(parts.interactions, ranking),
            "repeated_targets": parts.repeated_targets,
            "lower_is_better": [one.name for one in measured if not one.higher_is_better],
            "balance": {**evaluator.balance(ranking), **evaluator.slots(ranking)},
            "test_seconds": seconds,
            "users_per_second": len(ranking.rank) / seconds,
        },
    )


def _sizes(data: Interactions, ranking: Ranking) -> dict[str, int]:
    """How large the data set is, and how many of its users are tested."""
    return {
        "users": len(data.offsets) - 1,
        "items": data.num_items,
        "interactions": len(data.items),
        "test_users": len(ranking.rank),
    }


def _log(line: dict[str, Any], trainer: Trainer, progress: Progress, title: str) -> None:
    """One line a validation; the time is a range, as it is open whether training stops early."""
    is_best = progress.best_step == progress.step
    best = "best" if is_best else f"best {number(progress.best)} at {progress.best_step:,}"
    earliest, latest = trainer.time_left(progress, progress.steps_per_second)
    left = f", {between(earliest, latest)} left" if earliest > 0 else ""
    loss = "" if math.isnan(line["loss"]) else f"loss {line['loss']:.4f}, "
    figures = f"{loss}{trainer.metric} {number(line[trainer.metric])} ({best})"
    log.info("%sstep %s: %s%s", title, f"{line['step']:,}", figures, left)
