"""A finished run whose weights another run begins with."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.config.instantiate import component
from bam.data.refit import with_validation
from bam.errors import Mistake, require
from bam.evaluation.targets import common_targets
from bam.experiment.follow.ensemble import is_ensemble
from bam.experiment.opened.assemble_run import check_run_folder, with_prepared_data
from bam.experiment.parts.assemble import Parts
from bam.records import Interactions
from bam.run import checkpoint
from bam.run.files import CONFIG, WEIGHTS
from bam.run.identity import INITIAL_WEIGHTS, require_same_data, with_data_dir
from bam.run.override import Override
from bam.run.state import Finished, data_of, state
from bam.run.stored_config import read_config
from bam.system.checksums import sha256

log = logging.getLogger(__name__)
# options of the command that makes a new run, and not of the earlier run
PRESENT = ("name", "timeout", "data_dir", "any_code", "trust")
TABLE = "model.items."  # how the names of the weights of the item table begin
# a run's folder may come from a stranger, whose trackers would get the weights
TRACKER = {"jsonl": {"_target_": "bam.run.tracker.jsonl.jsonl"}}


@dataclass(frozen=True)
class Earlier:
    """A finished run."""

    folder: Path
    config: dict[str, Any]
    results: dict[str, Any]
    data: Interactions

    @property
    def has_learned(self) -> bool:
        """Whether its weights are more than what its options give without a step."""
        return bool(self.results.get("steps")) or INITIAL_WEIGHTS in self.config

    @property
    def checksum(self) -> str:
        """Of its weights."""
        return sha256(self.folder / WEIGHTS)[:16]

    def continued(self, steps: int, command: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """The config of a run that goes on from here for some steps, with changes.

        `command` has the options of the command. A schedule of the rate begins again, and ends with
        the new steps if it ends.

        Raises:
            Mistake: a run that does not learn, or an ensemble, should take steps.
        """
        schedule = {**self.config["schedule"]}
        rule = f"steps must be 0, as {self.folder} has learned nothing"
        require(self.has_learned or steps == 0, rule, steps)
        rule = "steps must be 0 for an ensemble, whose members are trained each by itself"
        require(steps == 0 or not is_ensemble(self.config), rule, steps)
        schedule |= {"max_steps": steps} if "max_steps" in schedule else {}
        if "warmup_steps" in schedule:
            schedule["warmup_steps"] = min(schedule["warmup_steps"], steps)
        return {
            **self.config,
            **({INITIAL_WEIGHTS: self.checksum} if self.has_learned else {}),
            **{key: command[key] for key in PRESENT},
            "tracker": TRACKER,
            "trainer": {**self.config["trainer"], "max_steps": steps},
            "schedule": schedule,
            **changes,
        }

    def load_weights(self, parts: Parts) -> None:
        """Put the weights into parts whose data have grown; rows of new items stay as they are."""
        more = parts.interactions.num_items - self.data.num_items
        checkpoint.load(parts.step, self.folder / WEIGHTS, TABLE if more else None)
        if more and not parts.trainer.max_steps:
            line = "the vectors of new items are random (%d): they come into lists by chance; %s"
            log.warning(line, more, "steps=N trains them")
        split = component(self.config["split"], "split", parts.settings.trust)(self.data)
        trained = (with_validation(split) if self.config["refit"] else split).train
        for part, spans in (("test", parts.split.test), ("validation", parts.split.valid)):
            share = common_targets(parts.interactions, spans, self.data, trained)
            if share:
                line = "%.1f %% of the %s targets are interactions that %s was trained on: %s"
                too_high = f"the figures of the {part} are too high"
                log.warning(line, 100 * share, part, self.folder, too_high)


def read_earlier(folder: Path, config: Mapping[str, Any], overrides: Sequence[str]) -> Earlier:
    """The run in a folder, with its data set; of the config it takes what the overrides give.

    The run may be a stranger's: of what its config names, only prepared data are opened.

    Raises:
        Mistake: it is not finished, or its data are not prepared, or are others.
    """
    check_run_folder(folder)
    found, saved = state(folder), read_config(folder / CONFIG)
    if not isinstance(found, Finished):
        raise Mistake(f"run must be a finished run, got {str(folder)!r}")
    given = {Override.parse(text).root for text in overrides}
    if "data_dir" in given:
        saved = with_data_dir(saved, config["data_dir"])
    saved |= {key: config[key] for key in ("device", "threads") if key in given}
    saved = with_prepared_data(saved, data_of(folder), config)
    data: Interactions = component(saved["dataset"], "dataset", config["trust"])
    require_same_data(f"run={folder}", data_of(folder), data.checksum, "or give data_dir=FOLDER")
    return Earlier(folder, saved, found.results, data)


@contextmanager
def no_empty_folder(folder: Path) -> Iterator[None]:
    """Leave no empty folder, which Hydra has made, where no run begins."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            folder.rmdir()
        raise
