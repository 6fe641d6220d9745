"""Train, test, and leave one folder behind."""

import logging
import math
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from bam.evaluation.evaluator import Ranking
from bam.evaluation.outcome import Measurement
from bam.evaluation.users import write_users
from bam.experiment.assemble import Parts, assemble
from bam.experiment.console import show
from bam.experiment.fit import fit, require_trainer_metric
from bam.experiment.resolve import resolved
from bam.experiment.tracking import tracking
from bam.run import checkpoint
from bam.run.claim import Busy, claimed
from bam.run.environment import environment
from bam.run.files import (
    ENVIRONMENT,
    OVERRIDES,
    RANKS,
    RESULTS,
    RESUME,
    USERS,
    WEIGHTS,
    write_json,
    write_yaml,
)
from bam.run.identity import CHOICES
from bam.run.request import Run
from bam.system.memory import peak_memory_mb, reset_peak_memory
from bam.system.processes import is_lead

log = logging.getLogger(__name__)


def train(cfg: DictConfig) -> tuple[Path, float]:
    """Run one experiment in Hydra's output folder; returns it and the best validation metric.

    A point of a sweep that is finished before, or run by another process, is left to itself; one
    that fails says so in its folder. Its metric is nan, so that the other points go on.
    """
    run = asked(cfg)
    if not run.in_sweep and is_lead():
        show(cfg)
    valid: dict[str, float] = (_lead(run) if is_lead() else follow(run)).get("valid", {})
    return run.folder, valid.get(run.config["trainer"]["metric"], math.nan)


def asked(cfg: DictConfig) -> Run:
    """The run of a config that Hydra has composed."""
    hydra = HydraConfig.get()
    config = resolved(cfg)
    return Run(
        folder=Path(hydra.runtime.output_dir),
        config=config,
        overrides=list(hydra.overrides.task),
        choices={group: hydra.runtime.choices[group] for group in CHOICES},
        in_sweep=hydra.mode == RunMode.MULTIRUN,
    )


def _lead(run: Run) -> dict[str, Any]:
    """The results of the run: of an earlier process, of this one, or none of another one."""
    try:
        with claimed(run) as finished:
            if finished is None:
                return _attempt(run)
            log.info("finished before: %s", run.folder)
            return finished
    except Busy as busy:
        if not run.in_sweep:
            raise
        log.info("%s, and is left to it", busy)
        return {}


def _attempt(run: Run) -> dict[str, Any]:
    """The results of the run, or of its failure."""
    try:
        return _train(run)
    except Exception as error:
        if not run.in_sweep and not (run.folder / ENVIRONMENT).exists():
            shutil.rmtree(run.folder)  # nothing half-written: no step was taken
            raise
        log.exception("failed: %s", error)
        failure = {"status": "failed", "error": f"{type(error).__name__}: {error}"}
        write_json(run.folder / RESULTS, {**run.told(), **failure})
        if not run.in_sweep:
            raise
        return failure


def _train(run: Run) -> dict[str, Any]:
    folder, config = run.folder, run.config
    parts = assemble(config)
    require_trainer_metric(parts)
    with tracking(config["tracker"], folder) as track:
        write_yaml(folder / OVERRIDES, run.overrides)
        write_json(folder / ENVIRONMENT, environment(parts.device))
        reset_peak_memory(parts.device)
        progress = fit(parts, run, track)
    checkpoint.load(parts.step, folder / WEIGHTS)
    parts.ranks.share_weights(parts.step)
    ranking, measured, results = tested(parts)
    np.save(folder / RANKS, ranking.rank.to(torch.int32).numpy())  # to compare in pairs
    write_users(folder / USERS, measured)
    fit_results = {
        "status": "finished",
        "steps": progress.step,
        "best_step": progress.best_step,
        "train_seconds": progress.seconds,
        "samples_per_second": progress.samples_per_second,
        "valid": progress.valid,
        "peak_memory_mb": peak_memory_mb(parts.device),
    }
    results = {**run.told(), **fit_results, **results}
    write_json(folder / RESULTS, results)
    (folder / RESUME).unlink(missing_ok=True)
    return results


def follow(run: Run) -> dict[str, Any]:
    """Another process than the first: takes the same steps and writes nothing."""
    parts = assemble(run.config)
    require_trainer_metric(parts)
    progress = fit(parts, run, track=lambda record: None)
    parts.ranks.share_weights(parts.step)
    tested(parts)
    return {"valid": progress.valid}


def tested(parts: Parts) -> tuple[Ranking, list[Measurement], dict[str, Any]]:
    """The ranking of the test targets, what metrics give; and results: means, balance, speed."""
    evaluator, K = parts.evaluator, parts.settings.num_interests
    began = time.perf_counter()
    ranking = parts.rank(parts.split.test, list_length=evaluator.list_length)
    seconds = time.perf_counter() - began
    measured = evaluator.measure(ranking, parts.facts)
    return (
        ranking,
        measured,
        {
            "test": {one.name: one.mean for one in measured},
            "lower_is_better": [one.name for one in measured if not one.higher_is_better],
            "balance": {**evaluator.balance(ranking, K), **evaluator.slots(ranking, K)},
            "test_seconds": seconds,
            "users_per_second": len(ranking.rank) / seconds,
        },
    )
