"""New interactions for a finished run: a data set that has them, and a run that goes on from there.

Both are new. The run begins with the weights of the earlier one and with a fresh optimizer: the
best weights are seldom the last ones, to which a saved state of the optimizer belongs.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bam.config.instantiate import component
from bam.data.dataset.append import append, update_counts
from bam.data.dataset.build.option import LOAD, write_option
from bam.errors import Mistake, require
from bam.evaluation.targets import common_targets
from bam.experiment.assemble import Parts
from bam.experiment.load import check_run_folder, with_prepared_data
from bam.experiment.train import as_drawn, join_others, run
from bam.records import Interactions
from bam.run import checkpoint
from bam.run.files import CONFIG, WEIGHTS
from bam.run.identity import CHOICES, INITIAL_WEIGHTS, require_same_data, with_data_dir
from bam.run.migrate import read_config
from bam.run.override import Override
from bam.run.spec import RunSpec
from bam.run.state import Finished, data_of, state
from bam.system.checksums import sha256

log = logging.getLogger(__name__)
PRESENT = ("name", "data_dir", "any_code", "trust")  # options of the command, and not of the run
# a run's folder may come from a stranger, whose trackers would get the weights
TRACKER = {"jsonl": {"_target_": "bam.run.tracker.jsonl.jsonl"}}
READING = ("columns", "events", "header", "separator", "quote", "encoding", "time_format")


@dataclass(frozen=True)
class Earlier:
    """A finished run."""

    folder: Path
    config: dict[str, Any]  # with its data as they are prepared here
    results: dict[str, Any]
    data: Interactions

    @property
    def has_learned(self) -> bool:
        """Whether its weights are more than what its options give without a step."""
        return self.results["steps"] > 0 or INITIAL_WEIGHTS in self.config


def update(
    config: Mapping[str, Any], overrides: Sequence[str], folder: Path
) -> tuple[RunSpec, dict[str, Any]]:
    """The new run in `folder`; an interrupted one continues, and a finished one is opened.

    Raises:
        Mistake: a wrong option, no finished run, or new interactions that cannot be read.
    """
    processes = join_others(config["device"])
    with _no_empty_folder(folder):
        earlier = processes.together(lambda: read_earlier(config, overrides))
        data = processes.together(lambda: _append(earlier, config))
        spec = RunSpec(
            folder=folder,
            config=continued(earlier, data, config),
            overrides=list(overrides),
            choices={**{group: earlier.results[group] for group in CHOICES}, "dataset": data.name},
            in_sweep=False,
            keeps_finished=True,
        )
        begin = partial(load_weights, earlier) if earlier.has_learned else as_drawn
        return spec, run(spec, processes, begin)


def read_earlier(config: Mapping[str, Any], overrides: Sequence[str]) -> Earlier:
    """The run of the options, with its data set.

    Raises:
        Mistake: it is not finished, or its data are not prepared, or are others.
    """
    folder = Path(config["run"])
    check_run_folder(folder)
    found, saved = state(folder), read_config(folder / CONFIG)
    require(isinstance(found, Finished), "run must be a finished run", str(folder))
    given = {Override.parse(text).root for text in overrides}
    if "data_dir" in given:
        saved = with_data_dir(saved, config["data_dir"])
    saved |= {key: config[key] for key in ("device", "threads") if key in given}
    saved = with_prepared_data(saved, data_of(folder), config)
    data: Interactions = component(saved["dataset"], "dataset", config["trust"])
    require_same_data(f"run={folder}", data_of(folder), data.checksum, "or give data_dir=FOLDER")
    assert isinstance(found, Finished)
    return Earlier(folder, saved, found.results, data)


def continued(earlier: Earlier, data: Interactions, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config of the new run: that of the earlier one, on its data and for its steps.

    A schedule of the rate ends with the new steps, if it ends.

    Raises:
        Mistake: steps is below 0, or not 0 for a run that does not learn.
    """
    steps = config["steps"]
    require(steps >= 0, "steps must be at least 0", steps)
    rule = f"steps must be 0, as {earlier.folder} has learned nothing"
    require(earlier.has_learned or steps == 0, rule, steps)
    schedule = {**earlier.config["schedule"]}
    schedule |= {"max_steps": steps} if "max_steps" in schedule else {}
    if "warmup_steps" in schedule:
        schedule["warmup_steps"] = min(schedule["warmup_steps"], steps)
    weights = {INITIAL_WEIGHTS: sha256(earlier.folder / WEIGHTS)[:16]}
    return {
        **earlier.config,
        **(weights if earlier.has_learned else {}),
        **{key: config[key] for key in PRESENT},
        "tracker": TRACKER,
        "dataset": {"_target_": LOAD, "name": data.name, "folder": str(data.folder)},
        "trainer": {**earlier.config["trainer"], "max_steps": steps},
        "schedule": schedule,
    }


def load_weights(earlier: Earlier, parts: Parts) -> None:
    """Put the earlier run's weights into the parts; the rows of new items stay as they are."""
    more = parts.interactions.num_items - earlier.data.num_items
    checkpoint.load(parts.step, earlier.folder / WEIGHTS, more)
    split = component(earlier.config["split"], "split", parts.settings.trust)
    share = common_targets(
        parts.interactions, parts.split.test, earlier.data, split(earlier.data).train
    )
    if share:
        log.warning(
            "%.1f %% of the test targets are interactions that %s was trained on: the figures of "
            "the test are too high",
            100 * share,
            earlier.folder,
        )


def _append(earlier: Earlier, config: Mapping[str, Any]) -> Interactions:
    """The data set with the new interactions, which becomes an option; what is new is logged."""
    require(config["raw"] != "", "raw must be a file of new interactions", config["raw"])
    data_dir = Path(config["data_dir"])
    reading = {key: config[key] for key in READING}
    with _own_names():
        data = append(
            earlier.data,
            data_dir,
            Path(config["raw"]),
            reading,
            config["titles"],
            config["titles_columns"],
        )
    counts = update_counts(data)
    log.info("%s", describe(counts))
    about = f"{len(data.offsets) - 1:,} users, {data.num_items:,} items"
    write_option(data.folder, data.name, about, data_dir, earlier.config["history_length"])
    return data


def describe(counts: Mapping[str, int]) -> str:
    """What was added, and what was left out, in a sentence."""
    parts = [
        f"{counts['interactions']:,} new interactions",
        f"{counts['known_users']:,} known users extended",
        f"{counts['new_users']:,} new users",
        f"{counts['new_items']:,} new items",
        f"{counts['skipped']:,} skipped, as they were there already",
    ]
    if counts["inserted"]:
        parts.append(f"{counts['inserted']:,} older than their user's last one, put in by time")
    if counts["below_min_rating"]:
        parts.append(f"{counts['below_min_rating']:,} left out by the data set's lowest rating")
    return "; ".join(parts)


@contextmanager
def _own_names() -> Iterator[None]:
    """Name the options of a table as this command has them: columns, and not dataset.columns."""
    try:
        yield
    except Mistake as mistake:
        names = "|".join((*READING, "raw"))
        raise Mistake(re.sub(rf"\bdataset\.(?=({names})\b)", "", str(mistake))) from mistake


@contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Leave no empty folder, which Hydra has made, where no run begins."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            folder.rmdir()
        raise
