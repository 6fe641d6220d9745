"""From the options of `bam tradeoff` to its table."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from bam.config.instantiate import component, components, typed
from bam.errors import require
from bam.evaluation.targets import distinct_targets
from bam.experiment.opened.assemble_run import assemble_run, machine_options
from bam.experiment.opened.retriever import build_retriever
from bam.experiment.parts.assemble import Parts
from bam.serving.tradeoff import Sweeps, trade_off

log = logging.getLogger(__name__)


def measure_tradeoff(config: Mapping[str, Any], overrides: Sequence[str]) -> pl.DataFrame:
    """Accuracy of the test users' lists, with their diversity and the number of queries.

    Raises:
        Mistake: a wrong option, no folder of a run, or data that are not prepared or have changed.
    """
    require(bool(config["run"]), "run must be the folder of a run", config["run"])
    parts = assemble_run(Path(config["run"]), config, machine_options(overrides))
    parts.step.eval()
    retriever = build_retriever(parts, until="test")
    sweeps = build_sweeps(config, parts, has_genres=retriever.items.genres.shape[1] > 0)
    target = distinct_targets(parts.interactions.items, parts.split.test)
    return trade_off(retriever, target, sweeps)


def build_sweeps(config: Mapping[str, Any], parts: Parts, has_genres: bool) -> Sweeps:
    """What is varied; without genres nothing can be more diverse than something else."""
    if not has_genres:
        log.info("no item of %s has a genre: diversity is left out", parts.interactions.name)
    node, trust = config["reranking"], config["trust"]
    require(isinstance(config["factors"], list), "factors must be a list", config["factors"])
    factors = config["factors"] if has_genres else []
    rerankings = [component({**node, "factor": f}, "reranking", trust) for f in factors]
    names = ("n", "candidates", "by_weight", "max_cosines")
    return Sweeps(
        **typed(Sweeps, {name: config[name] for name in names}, ""),
        rerankings={one.factor: one for one in rerankings},
        merges=components(config["merge"], "merge", trust),
        weighting=component(config["weighting"], "weighting", trust),
        exclude_seen=not parts.evaluator.protocol.met_items_compete,
    )
