"""New interactions for a finished run: a data set that has them, and a run that goes on from there.

Both are new. The run begins with the weights of the earlier one and with a fresh optimizer: the
best weights are seldom the last ones, to which a saved state of the optimizer belongs.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.config.instantiate import typed
from bam.data.dataset.append import append, update_counts
from bam.data.dataset.build.option import LOAD, write_option
from bam.errors import renamed, require
from bam.experiment.follow.earlier import Earlier, no_empty_folder, read_earlier
from bam.experiment.one_run.train import as_drawn, join_others, run
from bam.records import Interactions
from bam.run.identity import CHOICES
from bam.run.spec import RunSpec

log = logging.getLogger(__name__)
READING = ("columns", "events", "header", "separator", "quote", "encoding", "time_format")


@dataclass(frozen=True)
class Options:
    """The options of `bam update`; conf/update.yaml explains them."""

    run: str
    raw: str
    steps: int
    name: str
    columns: dict[str, str]
    events: list[str]
    header: bool | str
    separator: str
    quote: str
    encoding: str
    time_format: str
    titles: str
    titles_columns: dict[str, str]
    device: str
    threads: int
    timeout: int
    data_dir: str
    any_code: bool
    trust: list[str]

    def __post_init__(self) -> None:
        require(self.run != "", "run must be the folder of a finished run", self.run)
        require(self.raw != "", "raw must be a file of new interactions", self.raw)
        require(self.steps >= 0, "steps must be at least 0", self.steps)
        require(self.timeout >= 1, "timeout must be at least 1", self.timeout)

    @property
    def reading(self) -> dict[str, Any]:
        """How `raw` is read; what is empty is as the data set's own table was."""
        return {name: getattr(self, name) for name in READING}


def update(
    config: Mapping[str, Any], overrides: Sequence[str], folder: Path
) -> tuple[RunSpec, dict[str, Any]]:
    """The new run in `folder`; an interrupted one continues, and a finished one is opened.

    Raises:
        Mistake: a wrong option, no finished run, or new interactions that cannot be read.
    """
    with no_empty_folder(folder):
        options = Options(**typed(Options, config, ""))
        processes = join_others(options.device, options.timeout)
        earlier = processes.together(lambda: read_earlier(Path(options.run), config, overrides))
        data = processes.together(lambda: _append(earlier, options))
        choices = {group: str(earlier.results.get(group) or "") for group in CHOICES}
        spec = RunSpec(
            folder=processes.first(lambda: folder),
            config=earlier.continued(
                options.steps,
                vars(options),
                dataset={"_target_": LOAD, "name": data.name, "folder": str(data.folder)},
            ),
            overrides=list(overrides),
            choices={**choices, "dataset": data.name},
            in_sweep=False,
            keeps_finished=True,
            program="update",
        )
        begin = earlier.load_weights if earlier.has_learned else as_drawn
        return spec, run(spec, processes, begin)


def describe(counts: Mapping[str, int]) -> str:
    """What was added, and what was left out, in one line."""
    parts = [
        f"new interactions: {counts['interactions']:,}",
        f"known users with more: {counts['known_users']:,}",
        f"new users: {counts['new_users']:,}",
        f"new items: {counts['new_items']:,}",
        f"skipped, as they were there already: {counts['skipped']:,}",
    ]
    if counts["inserted"]:
        parts.append(f"older than the last one of their user: {counts['inserted']:,}")
    if counts["below_min_rating"]:
        parts.append(f"left out by the data set's lowest rating: {counts['below_min_rating']:,}")
    if counts.get("of_other_events"):
        parts.append(f"left out, of other events: {counts['of_other_events']:,}")
    return "; ".join(parts)


def _append(earlier: Earlier, options: Options) -> Interactions:
    """The data set with the new interactions, which becomes an option; what is new is logged."""
    place = Path(options.data_dir)
    names = "|".join((*READING, "raw"))
    with renamed(rf"\bdataset\.(?=({names})\b)", ""):  # an option of this command itself
        data = append(
            earlier.data,
            place,
            Path(options.raw),
            options.reading,
            options.titles,
            options.titles_columns,
        )
    log.info("%s", describe(update_counts(data)))
    about = f"{len(data.offsets) - 1:,} users, {data.num_items:,} items"
    write_option(data.folder, data.name, about, place, earlier.config["history_length"])
    return data
