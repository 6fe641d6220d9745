"""Train, test, and leave one folder behind."""

import logging
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from bam import checkpoint
from bam.evaluator import Ranking
from bam.experiment.folder import (
    RESULTS,
    WEIGHTS,
    claimed,
    environment,
    fingerprint,
    write_json,
)
from bam.experiment.memory import forget_peak, peak_memory_mb
from bam.experiment.parts import Parts, assemble
from bam.experiment.tracking import tracking
from bam.parallel import is_lead
from bam.records import Track
from bam.sweep.run import CHOICES
from bam.trainer import Progress
from bam.windows import training_batches

log = logging.getLogger(__name__)


def train(cfg: DictConfig) -> tuple[Path, float]:
    """Run one experiment in Hydra's output folder; returns it and the best validation metric."""
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    config: Any = OmegaConf.to_container(cfg, resolve=True)
    if not is_lead():
        return folder, follow(config)
    with claimed(folder, OmegaConf.to_yaml(config)), ExitStack() as opened:
        try:
            parts = assemble(config)
            track = opened.enter_context(tracking(config["tracker"], folder))
        except BaseException:
            shutil.rmtree(folder)  # nothing half-written: no step was taken
            raise
        log.info("%s", OmegaConf.to_yaml(cfg).rstrip())
        (folder / "overrides.yaml").write_text(OmegaConf.to_yaml(hydra.overrides.task))
        write_json(folder / "environment.json", environment(parts.device))
        forget_peak(parts.device)
        progress = fit(parts, lambda: checkpoint.save(parts.step, folder / WEIGHTS), track)
        checkpoint.load(parts.step, folder / WEIGHTS)
        parts.ranks.share_weights(parts.step)
        ranking, results = tested(parts)
        np.save(folder / "ranks.npy", ranking.rank.to(torch.int32).numpy())  # to compare in pairs
        choices = {group: hydra.runtime.choices[group] for group in CHOICES}
        fit_results = {
            "overrides": dict(override.partition("=")[::2] for override in hydra.overrides.task),
            "seed": config["seed"],
            "steps": progress.step,
            "best_step": progress.best_step,
            "train_seconds": progress.seconds,
            "samples_per_second": progress.samples_per_second,
            "valid": progress.valid,
            "peak_memory_mb": peak_memory_mb(parts.device),
        }
        same = {"fingerprint": fingerprint(config)}
        write_json(folder / RESULTS, {**choices, **fit_results, **results, **same})
    return folder, progress.best


def follow(config: Mapping[str, Any]) -> float:
    """Another process than the first: takes the same steps and writes nothing."""
    parts = assemble(config)
    progress = fit(parts, keep=lambda: None, track=lambda record: None)
    parts.ranks.share_weights(parts.step)
    tested(parts)
    return progress.best


def fit(parts: Parts, keep: Callable[[], None], track: Track) -> Progress:
    """Train the model; `keep` is called when its weights are the best so far."""
    shared, ranks, step = parts.settings, parts.ranks, parts.step
    # batches come from a generator of their own, whatever else is drawn
    generator = torch.Generator().manual_seed(ranks.seed(shared.seed))
    batches = training_batches(
        parts.items,
        parts.split.train,
        shared.batch_size // ranks.size,
        shared.history_length,
        shared.group_by_length,
        generator,
    )
    learned = [p for p in step.parameters() if p.requires_grad]
    if shared.compile:
        step.compile(**COMPILED[parts.device.type])
    torch.manual_seed(ranks.seed(shared.seed))
    return parts.trainer.fit(
        ranks.synchronised(step),
        batches,
        parts.optimizer(learned),
        validate=partial(validated, parts),
        keep=keep,
        track=track,
    )


def validated(parts: Parts) -> dict[str, Any]:
    """Metrics and balance of the present weights on the validation targets."""
    evaluator, ranking = parts.evaluator, parts.rank(parts.split.valid)
    return {
        **evaluator.metrics(ranking),
        **evaluator.balance(ranking, parts.settings.num_interests),
    }


# a GPU replays the step as a CUDA graph; on a CPU batches of any width share one compilation
COMPILED: dict[str, dict[str, Any]] = {
    "cuda": {"mode": "reduce-overhead"},
    "cpu": {"dynamic": True},
}


def tested(parts: Parts) -> tuple[Ranking, dict[str, Any]]:
    """The ranking of the test targets; and its metrics, balance and speed."""
    evaluator, num_items = parts.evaluator, parts.interactions.num_items
    K = parts.settings.num_interests
    began = time.perf_counter()
    ranking = parts.rank(parts.split.test, list_length=max(evaluator.cutoffs))
    seconds = time.perf_counter() - began
    return ranking, {
        "test": {**evaluator.metrics(ranking), **evaluator.coverage(ranking, num_items)},
        "balance": {**evaluator.balance(ranking, K), **evaluator.slots(ranking, K)},
        "test_seconds": seconds,
        "users_per_second": len(ranking.rank) / seconds,
    }
