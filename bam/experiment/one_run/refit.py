"""Train again on train + validation: as many steps as validation has chosen, from the beginning."""

import logging
import shutil
from dataclasses import replace

from bam.experiment.one_run.steps import prepare, start, stopping, stretches
from bam.experiment.parts.assemble import Parts
from bam.experiment.parts.causes import with_causes
from bam.run import checkpoint
from bam.run.files import REFIT, RESUME, WEIGHTS
from bam.run.spec import RunSpec
from bam.system.duration import duration
from bam.system.threads import Pace
from bam.training.finite import NotFinite
from bam.training.progress import Progress
from bam.training.state import Training
from bam.training.trainer import no_track

log = logging.getLogger(__name__)
SECOND = "2 of 2, "


def refit(parts: Parts, spec: RunSpec, chosen: Progress) -> tuple[Progress, Pace]:
    """Replace the run's weights by those of `chosen.best_step` steps on these parts.

    Rates and averages are those of the first training at each step: of equal data it makes equal
    weights. Nothing is validated, and no tracker gets a figure. Its states lie in a folder of their
    own; those that were made for an earlier choice are deleted.

    Raises:
        Mistake: a loss or a weight is not finite; the run keeps the weights of the first training.
        Stopped: SIGINT or SIGTERM has arrived, and the state of the last step is saved.
    """
    folder = spec.folder / REFIT
    if chosen.step > chosen.started_at[-1]:
        parts.processes.first(lambda: shutil.rmtree(folder, ignore_errors=True))
    parts.processes.first(lambda: folder.mkdir(exist_ok=True))
    parts = replace(parts, trainer=parts.trainer.exactly(chosen.best_step))
    training = prepare(parts)
    progress = training.restore(folder / RESUME, spec.any_code)
    progress.best_step = chosen.best_step  # so that no patience ends it
    parts = start(parts, progress)
    try:
        _take_steps(parts, training, progress, spec)
    except NotFinite as error:
        raise with_causes(error, spec.config, chosen) from error
    checkpoint.save_shared(training.averaged, spec.folder / WEIGHTS, parts.processes)
    parts.processes.gather(None)  # none reads the file before the first one has put it there
    return progress, parts.pace


def _take_steps(parts: Parts, training: Training, progress: Progress, spec: RunSpec) -> None:
    state, last = spec.folder / REFIT / RESUME, parts.trainer.max_steps
    log.info("%strains %s steps on train + validation", SECOND, f"{last:,}")
    with stopping(parts, training, progress, state) as stop:
        for trained in stretches(parts, training, progress, state, stop, no_track, SECOND):
            progress.waiting = {}  # there is no validation that could be missing
            training.save(progress, training.draws(progress), state)
            if progress.step:
                left, _ = parts.trainer.time_left(progress, progress.steps_per_second)
                rest = f", {duration(left)} left" if left > 0 else ""
                line = "%sstep %s of %s: loss %.4f%s"
                log.info(line, SECOND, f"{progress.step:,}", f"{last:,}", trained["loss"], rest)
