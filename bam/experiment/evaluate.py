"""Test a finished run again, or a checkpoint of the published program."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from bam.config.resolve import given_overrides, resolve
from bam.errors import Mistake
from bam.experiment.assemble import Parts, assemble
from bam.experiment.fit import measure
from bam.experiment.load import assemble_run
from bam.run import bam_checkpoint
from bam.run.override import Override
from bam.run.state import data_of


def evaluate(cfg: DictConfig) -> dict[str, Any]:
    """As `evaluate_config`, of a config that Hydra's program has composed."""
    return evaluate_config(resolve(cfg), given_overrides())


def evaluate_config(config: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Metrics, balance and speed on the test targets, and the checksum of the data.

    `trained_on` is the checksum of a run's own data, where these overrides name others.

    Raises:
        Mistake: neither or both of run and checkpoint, or what does not fit them; or other data
            than the run was trained on, which no override names.
    """
    run, file = config["run"], config["checkpoint"]
    config = {key: value for key, value in config.items() if key not in ("run", "checkpoint")}
    if bool(run) == bool(file):
        raise Mistake("give either run=FOLDER, a finished run, or checkpoint=FILE, a model.pt")
    given = {Override.parse(override).root for override in overrides} - {"run"}
    parts = assemble_run(Path(run), config, given) if run else _of_checkpoint(Path(file), config)
    present = parts.interactions.checksum
    recorded = data_of(Path(run)) if run else ""
    trained_on = {"trained_on": recorded} if recorded not in ("", present) else {}
    _, _, results = measure(parts)
    return {"data": present, **trained_on, **results}


def _of_checkpoint(file: Path, config: dict[str, Any]) -> Parts:
    parts = assemble(config, trains=False)
    bam_checkpoint.load(parts.step, file)
    return parts
