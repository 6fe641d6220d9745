"""Test a finished run again, or a checkpoint of the published program."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from bam.errors import Mistake
from bam.experiment.assemble import Parts, assemble
from bam.experiment.fit import measure
from bam.experiment.prepared import only_prepared
from bam.experiment.resolve import given_overrides, resolve
from bam.run import bam_checkpoint, checkpoint
from bam.run.files import CONFIG, WEIGHTS
from bam.run.identity import EVALUATION, with_data_dir
from bam.run.migrate import read_config
from bam.run.override import Override


def evaluate(cfg: DictConfig) -> dict[str, Any]:
    """Metrics, balance and speed on the test targets.

    Raises:
        Mistake: neither or both of run and checkpoint, or what does not fit them.
    """
    config = resolve(cfg)
    run, file = config.pop("run"), config.pop("checkpoint")
    if bool(run) == bool(file):
        raise Mistake("give either run=FOLDER, a finished run, or checkpoint=FILE, a model.pt")
    parts = _of_run(Path(run), config) if run else _of_checkpoint(Path(file), config)
    _, _, results = measure(parts)
    return results


def _of_run(folder: Path, config: dict[str, Any]) -> Parts:
    """The run's model; of the present config it takes what the command line gives.

    The run may be a stranger's: of what its config names, only prepared data are opened.
    """
    if not (folder / CONFIG).is_file():
        raise Mistake(f"run must be the folder of a run, with a {CONFIG}, got {str(folder)!r}")
    saved = read_config(folder / CONFIG)
    given = {Override.parse(override).root for override in given_overrides()} - {"run"}
    for key in sorted(given):
        if key not in EVALUATION:
            raise Mistake(f"run={folder} fixes {key}; only {', '.join(EVALUATION)} may differ")
    if "data_dir" in given:
        saved = with_data_dir(saved, config["data_dir"])
    if "evaluation" in given:  # the metrics take its cutoffs
        given.add("metric")
    if "dataset" not in given:
        saved = {**saved, "dataset": only_prepared(saved.get("dataset"))}
    given.add("trust")
    parts = assemble({**saved, **{key: config[key] for key in given}}, trains=False)
    checkpoint.load(parts.step, folder / WEIGHTS)
    return parts


def _of_checkpoint(file: Path, config: dict[str, Any]) -> Parts:
    parts = assemble(config, trains=False)
    bam_checkpoint.load(parts.step, file)
    return parts
