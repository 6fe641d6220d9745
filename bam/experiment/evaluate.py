"""Test a finished run again, or a checkpoint of the published program."""

import logging
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from bam.errors import Mistake
from bam.experiment.assemble import Parts, assemble
from bam.experiment.fit import measure
from bam.experiment.prepared import only_prepared
from bam.experiment.resolve import given_overrides, resolve
from bam.run import bam_checkpoint, checkpoint
from bam.run.files import CONFIG, RESULTS, WEIGHTS, read
from bam.run.identity import EVALUATION, fingerprint, require_same_data, with_data_dir
from bam.run.migrate import read_config
from bam.run.override import Override
from bam.run.state import data_of

log = logging.getLogger(__name__)


def evaluate(cfg: DictConfig) -> dict[str, Any]:
    """Metrics, balance and speed on the test targets, and the checksum of the data.

    `trained_on` is the checksum of a run's own data, where this command line names others.

    Raises:
        Mistake: neither or both of run and checkpoint, or what does not fit them; or other data
            than the run was trained on, which this command line does not name.
    """
    config = resolve(cfg)
    run, file = config.pop("run"), config.pop("checkpoint")
    if bool(run) == bool(file):
        raise Mistake("give either run=FOLDER, a finished run, or checkpoint=FILE, a model.pt")
    given = {Override.parse(override).root for override in given_overrides()} - {"run"}
    parts = _of_run(Path(run), config, given) if run else _of_checkpoint(Path(file), config)
    present = parts.interactions.checksum
    recorded = data_of(Path(run)) if run else ""
    trained_on = {"trained_on": recorded} if recorded not in ("", present) else {}
    _, _, results = measure(parts)
    return {"data": present, **trained_on, **results}


def _of_run(folder: Path, config: dict[str, Any], given: set[str]) -> Parts:
    """The run's model; of the present config it takes what the command line gives.

    The run may be a stranger's: of what its config names, only prepared data are opened.
    """
    if not (folder / CONFIG).is_file():
        raise Mistake(f"run must be the folder of a run, with a {CONFIG}, got {str(folder)!r}")
    saved = read_config(folder / CONFIG)
    for key in sorted(given):
        if key not in EVALUATION:
            raise Mistake(f"run={folder} fixes {key}; only {', '.join(EVALUATION)} may differ")
    checksum = data_of(folder) if _is_unchanged(folder, saved) else ""
    if "data_dir" in given:
        saved = with_data_dir(saved, config["data_dir"])
    if "dataset" not in given:
        places = [str(one["data_dir"]) for one in (config, saved) if one.get("data_dir")]
        saved = {**saved, "dataset": only_prepared(saved.get("dataset"), checksum, places)}
    metric = {"metric"} if "evaluation" in given else set()  # the metrics take its cutoffs
    present = {key: config[key] for key in {*given, *metric, "trust"}}
    parts = assemble({**saved, **present}, trains=False)
    _compare_data(folder, parts.interactions.checksum, named="dataset" in given)
    checkpoint.load(parts.step, folder / WEIGHTS)
    return parts


def _is_unchanged(folder: Path, saved: dict[str, Any]) -> bool:
    """Whether the config is that of the results; else what it names is compared with them later."""
    results = read(folder / RESULTS)
    unchanged = results.get("fingerprint") == fingerprint(saved)
    if results.get("data") and not unchanged:
        log.warning("%s is not as it was when the run was trained", folder / CONFIG)
    return unchanged


def _compare_data(folder: Path, present: str, named: bool) -> None:
    """Refuse other data than the run's own, unless the user has named them."""
    recorded = data_of(folder)
    if not named:
        remedy = "or name the data set that is meant: dataset=NAME"
        require_same_data(f"run={folder}", recorded, present, remedy)
    elif recorded not in ("", present):
        log.warning("run=%s was trained on %s, and is tested on %s", folder, recorded, present)


def _of_checkpoint(file: Path, config: dict[str, Any]) -> Parts:
    parts = assemble(config, trains=False)
    bam_checkpoint.load(parts.step, file)
    return parts
