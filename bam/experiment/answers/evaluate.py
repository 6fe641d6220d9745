"""Test a finished run again, or a checkpoint of the published program."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from bam.config.resolve import given_overrides, resolve
from bam.errors import Mistake, require
from bam.evaluation.targets import repeated_share, warn_of_repeats
from bam.experiment.one_run.fit import measure
from bam.experiment.opened.assemble_run import assemble_run
from bam.experiment.parts.assemble import Parts, assemble
from bam.results.published import beside
from bam.run import bam_checkpoint
from bam.run.override import Override
from bam.run.state import data_of

OWN = ("run", "checkpoint", "part")  # options of the command, and not of a run
PARTS = ("test", "valid")


def evaluate(cfg: DictConfig) -> dict[str, Any]:
    """As `evaluate_config`, of a config that Hydra's program has composed."""
    return evaluate_config(resolve(cfg), given_overrides())


def evaluate_config(config: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Metrics, balance and speed on the targets of a part, and the checksum of the data.

    The metrics are those of `test`, or of `valid` with part=valid. `published` has what papers
    report of such a test. `trained_on` is the checksum of a run's own data, where these overrides
    name others.

    Raises:
        Mistake: neither or both of run and checkpoint, or what does not fit them; or other data
            than the run was trained on, which no override names.
    """
    run, file, part = (config[key] for key in OWN)
    config = {key: value for key, value in config.items() if key not in OWN}
    require(part in PARTS, f"part must be {' or '.join(PARTS)}", part)
    if bool(run) == bool(file):
        raise Mistake("give either run=FOLDER, a finished run, or checkpoint=FILE, a model.pt")
    parsed = map(Override.parse, overrides)
    given = {override.key for override in parsed if override.root not in OWN}
    parts = assemble_run(Path(run), config, given) if run else _of_checkpoint(Path(file), config)
    rule = "part must be test with refit=true: the training part has the validation targets, too"
    require(part == "test" or not parts.settings.refit, rule, part)
    present = parts.interactions.checksum
    recorded = data_of(Path(run)) if run else ""
    trained_on = {"trained_on": recorded} if recorded not in ("", present) else {}
    tested = _of_part(parts, part)
    warn_of_repeats(tested.repeated_targets, tested.evaluator.protocol.met_items_compete)
    _, _, results = measure(tested)
    figures = _published(parts) if part == "test" else {}
    return {"data": present, **trained_on, part: results.pop("test"), **figures, **results}


def _published(parts: Parts) -> dict[str, Any]:
    """What papers report of this data set, of the last item of every user, ranked alike."""
    data, test = parts.interactions, parts.split.test
    are_last = len(test.stop) == len(data.offsets) - 1 and bool((test.stop - test.cut == 1).all())
    evaluation = type(parts.evaluator.protocol).__name__.lower()
    found = beside(data.name, evaluation) if are_last else {}
    return {"published": found} if found else {}


def _of_part(parts: Parts, part: str) -> Parts:
    """The parts with the targets of this part as those that are tested."""
    spans = getattr(parts.split, part)
    split = replace(parts.split, test=spans)
    repeated = repeated_share(parts.interactions.items, spans)
    return replace(parts, split=split, repeated_targets=repeated)


def _of_checkpoint(file: Path, config: dict[str, Any]) -> Parts:
    parts = assemble(config, trains=False)
    bam_checkpoint.load(parts.step, file)
    return parts
