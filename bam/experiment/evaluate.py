"""Test a finished run again, or a checkpoint of the published program."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from bam.errors import Mistake
from bam.experiment.assemble import Parts, assemble
from bam.experiment.resolve import overrides_given, resolved
from bam.experiment.train import tested
from bam.run import bam_checkpoint as published
from bam.run import checkpoint
from bam.run.files import CONFIG, WEIGHTS, read
from bam.run.migrate import migrated

# what may differ from the run that was trained
FREE = ("evaluation", "metric", "aggregation", "device", "threads")


def evaluate(cfg: DictConfig) -> dict[str, Any]:
    """Metrics, balance and speed on the test targets.

    Raises:
        Mistake: neither or both of run and checkpoint, or what does not fit them.
    """
    asked = resolved(cfg)
    run, file = asked.pop("run"), asked.pop("checkpoint")
    if bool(run) == bool(file):
        raise Mistake("give either run=FOLDER, a finished run, or checkpoint=FILE, a model.pt")
    parts = _of_run(Path(run), asked) if run else _of_checkpoint(Path(file), asked)
    _, _, results = tested(parts)
    return results


def _of_run(folder: Path, asked: dict[str, Any]) -> Parts:
    if not (folder / CONFIG).is_file():
        raise Mistake(f"run must be the folder of a run, with a {CONFIG}, got {str(folder)!r}")
    saved = {"metric": asked["metric"], **migrated(read(folder / CONFIG))}  # version 0.1 has none
    for override in overrides_given():
        key = override.lstrip("+~").partition("=")[0].partition(".")[0]
        if key not in (*FREE, "run"):
            raise Mistake(f"run={folder} fixes {key}; only {', '.join(FREE)} may differ")
        if key in FREE:
            saved[key] = asked[key]
        if key == "evaluation":  # whose cutoffs the metrics take
            saved["metric"] = asked["metric"]
    parts = assemble(saved)
    checkpoint.load(parts.step, folder / WEIGHTS)
    return parts


def _of_checkpoint(file: Path, asked: dict[str, Any]) -> Parts:
    parts = assemble(asked)
    published.load(parts.step, file)
    return parts
