"""Train the parts, from the beginning or from where they were interrupted."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from bam.errors import require
from bam.experiment.assemble import Parts
from bam.records import Track
from bam.run import checkpoint
from bam.run.files import METRICS, RESUME, WEIGHTS
from bam.run.request import Run
from bam.run.tracker.jsonl import cut_back
from bam.system.processes import is_lead
from bam.training.state import Stream, Training
from bam.training.trainer import Progress
from bam.training.update import Update


def require_trainer_metric(parts: Parts) -> None:
    """Refuse a metric that validation does not have, or of which less is better.

    Raises:
        Mistake: lists the metrics that may choose the weights.
    """
    known, metric = parts.evaluator.trainer_metrics, parts.trainer.metric
    rule = f"trainer.metric must be one of {', '.join(known) or 'those that metric=[...] chooses'}"
    require(metric in known, rule, metric)


def fit(parts: Parts, run: Run, track: Track) -> Progress:
    """Train the model from where it was left; the best weights so far are always on disk."""
    training = begin(parts)
    progress = training.restore(run.folder / RESUME, run.any_code)
    cut_back(run.folder / METRICS, progress.step)
    return go_on(
        parts,
        training,
        progress,
        keep=lambda: (
            checkpoint.save(training.averaged, run.folder / WEIGHTS) if is_lead() else None
        ),
        track=track,
        note=lambda progress: training.save(progress, run.folder / RESUME),
    )


def begin(parts: Parts) -> Training:
    """What takes the steps, before the first."""
    optimizer = parts.optimizer([p for p in parts.step.parameters() if p.requires_grad])
    averaged = parts.averaging.begin(parts.step)
    update = Update(parts.step, averaged, optimizer, parts.schedule, parts.averaging,
                    parts.trainer.clip_norm)  # fmt: skip
    if parts.settings.compile:
        parts.step.compile(**COMPILED[parts.device.type])
    torch.manual_seed(parts.ranks.seed(parts.settings.seed))
    return Training(parts.step, averaged, update, stream(parts), parts.device, parts.ranks)


def go_on(
    parts: Parts,
    training: Training,
    progress: Progress,
    keep: Callable[[], None],
    track: Track,
    note: Callable[[Progress], None],
) -> Progress:
    """Take the steps that are left."""
    return parts.trainer.fit(
        parts.ranks.synchronised(parts.step),
        training.batches,
        training.update,
        validate=partial(validated, replace(parts, step=training.averaged)),
        keep=keep,
        track=track,
        progress=progress,
        note=note,
    )


def validated(parts: Parts) -> dict[str, Any]:
    """Metrics and balance of the present weights on the validation targets."""
    evaluator, ranking = parts.evaluator, parts.rank(parts.split.valid)
    balance = evaluator.balance(ranking, parts.settings.num_interests)
    measured = evaluator.measure(ranking, parts.facts)
    return {**{one.name: one.mean for one in measured}, **balance}


def stream(parts: Parts) -> Stream:
    """Training batches, from a generator of their own, whatever else is drawn."""
    shared, ranks = parts.settings, parts.ranks
    generator = torch.Generator().manual_seed(ranks.seed(shared.seed))
    batch_size = shared.batch_size // ranks.size
    groups = parts.sampling.groups(parts.items, parts.split.train, batch_size, generator)
    return Stream(groups, generator)


# a GPU replays the step as a CUDA graph; on a CPU batches of any width share one compilation
COMPILED: dict[str, dict[str, Any]] = {
    "cuda": {"mode": "reduce-overhead"},
    "cpu": {"dynamic": True},
}
