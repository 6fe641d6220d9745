"""Train the parts, from the beginning or from where they were interrupted."""

from collections.abc import Callable
from typing import Any

import torch

from bam import checkpoint
from bam.experiment.folder import WEIGHTS
from bam.experiment.parts import Parts
from bam.experiment.resume import Stream, Training, cut_back
from bam.experiment.run import Run
from bam.parallel import is_lead
from bam.trainer import Progress
from bam.windows import training_batches

RESUME, METRICS = "resume.pt", "metrics.jsonl"


def fit(parts: Parts, run: Run, track: Callable[[dict], None]) -> Progress:
    """Train the model from where it was left; the best weights so far are always on disk."""
    shared, step = parts.settings, parts.step
    learned = [p for p in step.parameters() if p.requires_grad]
    if shared.compile:
        step.compile(**COMPILED[parts.device.type])
    optimizer, batches = parts.optimizer(learned), stream(parts)
    torch.manual_seed(parts.ranks.seed(shared.seed))
    training = Training(step, optimizer, batches, parts.device, parts.ranks)
    progress = training.restore(run.folder / RESUME, run.any_code)
    cut_back(run.folder / METRICS, progress.step)
    return parts.trainer.fit(
        parts.ranks.synchronised(step),
        batches,
        optimizer,
        validate=lambda: parts.evaluator.metrics(parts.rank(parts.split.valid)),
        keep=lambda: checkpoint.save(step, run.folder / WEIGHTS) if is_lead() else None,
        track=track,
        progress=progress,
        note=lambda progress: training.save(progress, run.folder / RESUME),
    )


def stream(parts: Parts) -> Stream:
    """Training batches, from a generator of their own, whatever else is drawn."""
    shared, ranks = parts.settings, parts.ranks
    generator = torch.Generator().manual_seed(ranks.seed(shared.seed))
    batches = training_batches(
        parts.items,
        parts.split.train,
        shared.batch_size // ranks.size,
        shared.history_length,
        shared.group_by_length,
        generator,
    )
    return Stream(batches, generator, shared.group_by_length)


# a GPU replays the step as a CUDA graph; on a CPU batches of any width share one compilation
COMPILED: dict[str, dict[str, Any]] = {
    "cuda": {"mode": "reduce-overhead"},
    "cpu": {"dynamic": True},
}
