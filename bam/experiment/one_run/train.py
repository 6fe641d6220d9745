"""Train, test, and leave one folder behind."""

import logging
import math
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from bam.config.instantiate import component
from bam.config.resolve import overrides_of, resolve
from bam.evaluation.users import describe_users, write_users
from bam.experiment.one_run.console import show_end, show_finished, show_start
from bam.experiment.one_run.fit import fit, measure
from bam.experiment.one_run.refit import refit
from bam.experiment.one_run.tracking import finished, tracked_run, tracking
from bam.experiment.parts.assemble import Parts, assemble
from bam.records import Interactions
from bam.run import checkpoint
from bam.run.claim import AlreadyFinished, Busy, claim, settle
from bam.run.counted import save_counted
from bam.run.environment import command_line, environment
from bam.run.files import (
    ENVIRONMENT,
    MEMORY,
    OVERRIDES,
    RANKS,
    RESULTS,
    USERS,
    WEIGHTS,
    write_json,
    write_yaml,
)
from bam.run.identity import CHOICES, source_hash
from bam.run.packages import versions
from bam.run.spec import RunSpec
from bam.run.state import Finished, data_of
from bam.system.checksums import recording
from bam.system.device import find_device
from bam.system.failure import LostProcess, explain, lowered_by
from bam.system.memory import peak_memory_mb, reset_peak_memory
from bam.system.processes import ALONE, Processes, join
from bam.system.torchrun import is_first_process, may_restart, started_by_torchrun
from bam.training.progress import Progress

log = logging.getLogger(__name__)
source_hash()  # of the code as it is imported: its files may change while a sweep runs


def train(cfg: DictConfig) -> tuple[Path, float]:
    """Run one experiment in Hydra's output folder; returns it and the best validation metric.

    A point of a sweep that was finished before, or that another process runs, is left as it is. One
    that fails writes the error to its folder; its metric is nan, and the other points go on.
    """
    processes = join_others(str(cfg.device), cfg.timeout)
    spec = processes.first(lambda: run_spec(cfg))
    if not spec.in_sweep and is_first_process():
        show_start(spec)
    try:
        results = run(spec, processes)
    except Busy as busy:
        if not spec.in_sweep:
            raise
        log.info("skipped, its process will finish it: %s", busy)
        results = {}
    except AlreadyFinished:
        show_finished(spec)
        raise
    if results and is_first_process():
        show_end(spec, results)
    valid: dict[str, float] = results.get("valid", {})
    return spec.folder, valid.get(spec.config["trainer"]["metric"], math.nan)


def join_others(device: str, timeout: int) -> Processes:
    """The processes of torchrun, or this one alone; they wait `timeout` seconds for each other."""
    return join(find_device(device), timeout) if started_by_torchrun() else ALONE


def run_spec(cfg: DictConfig) -> RunSpec:
    """The run of a config that Hydra's program has composed."""
    hydra = HydraConfig.get()
    in_sweep = hydra.mode == RunMode.MULTIRUN
    return RunSpec(
        folder=Path(hydra.runtime.output_dir),
        config=resolve(cfg),
        overrides=overrides_of(hydra),
        choices={group: hydra.runtime.choices[group] for group in CHOICES},
        in_sweep=in_sweep,
        keeps_finished=in_sweep or may_restart(),  # perhaps after it was finished
    )


def as_drawn(parts: Parts) -> None:
    """Begin with the weights that the parts were built with."""


def run(
    spec: RunSpec, processes: Processes, begin: Callable[[Parts], None] = as_drawn
) -> dict[str, Any]:
    """The results of the run, of an earlier program or of this one; the first process claims it.

    `begin` may change the weights before the first step.
    """
    data = cache(partial(_open_data, spec.config))  # the claim looks before and after it locks
    with ExitStack() as claimed:
        found = processes.first(lambda: claimed.enter_context(claim(spec, data)))
        if isinstance(found, Finished):
            log.info("finished before: %s", spec.folder)
            return found.results
        try:
            return _train(spec, processes, begin)
        except Exception as error:
            mistake = explain(error)
            if isinstance(mistake, LostProcess):  # it was interrupted, and no point can follow
                raise
            if is_first_process():
                _clean_up(spec, mistake or error)
            if not spec.in_sweep:
                raise
            return {}


def _open_data(config: Mapping[str, Any]) -> str:
    """The checksum of the data that the config names, which are prepared if they are not yet."""
    data: Interactions = component(config["dataset"], "dataset", config["trust"])
    return data.checksum


def _clean_up(spec: RunSpec, error: Exception) -> None:
    """Leave the error in the folder; alone and before the first step, leave no folder."""
    if not spec.in_sweep and not (spec.folder / ENVIRONMENT).exists():
        _remove(spec.folder)
        return
    log.exception("failed: %s", error)  # with its traceback to the file
    failure = {"status": "failed", "error": f"{type(error).__name__}: {error}"}
    try:
        write_json(spec.folder / RESULTS, {**spec.description(data_of(spec.folder)), **failure})
    except OSError as refused:  # the folder is then that of an interrupted run
        log.error("the failure cannot be written: %s", explain(refused))


def _remove(folder: Path) -> None:
    """Delete the folder; of one that is a link, what is in it."""
    if not folder.is_symlink():
        shutil.rmtree(folder)
        return
    for path in folder.iterdir():
        path.unlink()  # before the first step a run has no folders


def _train(spec: RunSpec, processes: Processes, begin: Callable[[Parts], None]) -> dict[str, Any]:
    """Train and test; every process takes the same steps, and the first one writes."""
    folder, config = spec.folder, spec.config

    def build(refit: bool) -> Parts:
        parts = processes.together(lambda: assemble({**config, "refit": refit}))
        processes.together(lambda: begin(parts))
        return parts

    parts = build(refit=False)
    present = {"command": command_line(spec.program, spec.overrides), **environment(parts.device)}
    present |= {"packages": versions(config), "data": parts.interactions.checksum}
    run, trust = tracked_run(spec, present["commit"]), parts.settings.trust
    with ExitStack() as opened:
        track = processes.together(
            lambda: opened.enter_context(tracking(config["tracker"], run, trust))
        )
        if is_first_process():
            write_yaml(folder / OVERRIDES, spec.overrides)
            write_json(folder / ENVIRONMENT, present)
        reset_peak_memory(parts.device)
        with lowered_by("batch_size", "num_negatives", "history_length", "dim"):
            progress, pace = fit(parts, spec, track)
            again = None
            if config["refit"]:
                del parts  # before there is another model
                parts = build(refit=True)
                again, pace = refit(parts, spec, progress)
        results = _test(spec, replace(parts, pace=pace), progress, again)
        track.end(finished(results))
    return results


def _test(
    spec: RunSpec, parts: Parts, progress: Progress, again: Progress | None
) -> dict[str, Any]:
    """Test the run's weights, and leave ranks, users and results in the folder."""
    folder, processes = spec.folder, parts.processes
    checkpoint.load_shared(parts.step, folder / WEIGHTS, processes)
    ranking, measured, tested = measure(parts)
    described = spec.description(parts.interactions.checksum)
    results = {**described, **_fit_results(parts, progress, again), **tested}
    if is_first_process():
        with recording(folder / RANKS) as unfinished, unfinished.open("wb") as file:
            np.save(file, ranking.rank.to(torch.int32).numpy())  # to compare in pairs
        save_counted(parts.memory.memory, folder / MEMORY)
        users = describe_users(parts.interactions, parts.split.test, parts.facts.counts())
        write_users(folder / USERS, users, measured)
        write_json(folder / RESULTS, results)
        settle(spec, results)
    return results


def _fit_results(parts: Parts, progress: Progress, again: Progress | None) -> dict[str, Any]:
    """What training was; of a run that has trained again all seconds, and else the first one's."""
    seconds = again.seconds if again else 0.0
    if again:
        progress.note_code(again.code)
    return {
        "code": progress.code,
        "status": "finished",
        "steps": progress.step,
        "best_step": progress.best_step,
        "train_seconds": progress.seconds + seconds,
        "samples_per_second": progress.samples_per_second,
        "thread_counts": progress.threads,
        "started_at": progress.started_at,
        "processes": progress.processes,
        "valid": progress.valid,
        "peak_memory_mb": peak_memory_mb(parts.device),
        **({"refit": True, "refit_seconds": seconds} if again else {}),
    }
