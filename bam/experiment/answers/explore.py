"""The interest explorer of one or two runs: from the options of `bam explore` to its page."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from bam.config.instantiate import typed
from bam.errors import Mistake, renamed, require
from bam.evaluation.targets import distinct_targets
from bam.experiment.opened.ask import build_choices
from bam.experiment.opened.assemble_run import assemble_run
from bam.experiment.opened.retriever import build_retriever
from bam.experiment.parts.assemble import Parts
from bam.records import Spans
from bam.results.runs import runs
from bam.run.files import INTERESTS
from bam.run.identity import EVALUATION
from bam.run.override import Override
from bam.serving.explore.content import Model, content
from bam.serving.explore.page import page
from bam.serving.explore.people import People, choose_users
from bam.serving.explore.projection import fit_projection
from bam.serving.explore.view import find_view
from bam.serving.histories import Users
from bam.serving.retriever import Choices, Retriever
from bam.system.files import write_text

log = logging.getLogger(__name__)
DAY = 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class Options:
    """What decides the page; see conf/explore.yaml."""

    run: str
    against: str
    users: list[str]
    sample: int
    items: int
    n: int
    output: str
    seed: int

    def __post_init__(self) -> None:
        require(bool(self.run), "run must be the folder of a run", self.run)
        for name in ("sample", "items", "n"):
            require(getattr(self, name) >= 1, f"{name} must be at least 1", getattr(self, name))
        fits = self.page.suffix == ".html" and (not self.output or self.page.parent.is_dir())
        require(fits, "output must be an .html file in a folder that exists", self.output)

    @property
    def folders(self) -> list[Path]:
        """Those of the one or two runs."""
        return [Path(folder) for folder in (self.run, self.against) if folder]

    @property
    def page(self) -> Path:
        """Where the page is written."""
        return Path(self.output) if self.output else Path(self.run) / INTERESTS


def explore(config: Mapping[str, Any], overrides: Sequence[str]) -> Path:
    """Write the page, and return its path.

    Raises:
        Mistake: a wrong option, a folder that is no run, or two runs of different data.
    """
    values = {field.name: config[field.name] for field in fields(Options)}
    options = Options(**typed(Options, values, ""))
    choices = build_choices(config)
    parsed = map(Override.parse, overrides)
    given = {override.key for override in parsed if override.root in EVALUATION}
    first, *others = options.folders
    parts = [_open(first, config, given)]
    with renamed(r"^run\b", "against"):
        parts += [_open(folder, config, given) for folder in others]
    _require_same_data(options.folders, parts)
    write_text(options.page, _page(options, parts, choices))
    log.info("%.1f MB", options.page.stat().st_size / 1e6)
    return options.page


def _page(options: Options, parts: Sequence[Parts], choices: Choices) -> str:
    """The page of these runs."""
    retrievers = [build_retriever(one, "test") for one in parts]
    data, items, users = retrievers[0].data, retrievers[0].items, retrievers[0].users
    place = choose_users(users, options.users, options.sample, options.seed)
    people = _people(parts[0], users, place)
    models = [
        _model(*one, place, people, choices, options.n)
        for one in zip(_names(options.folders), parts, retrievers, strict=True)
    ]
    shown = content(data, items, people, models, options.items, options.n)
    log.info("users: %s, items: %s", f"{len(place):,}", f"{len(shown['items']['id']):,}")
    return page(" · ".join(["Interests", *(model.name for model in models)]), shown)


def _open(folder: Path, config: Mapping[str, Any], given: set[str]) -> Parts:
    parts = assemble_run(folder, config, given)
    parts.step.eval()
    return parts


def _require_same_data(folders: Sequence[Path], parts: Sequence[Parts]) -> None:
    """Refuse a second run whose users were tested on other items."""
    first, *others = (one.interactions.checksum for one in parts)
    for folder, checksum in zip(folders[1:], others, strict=True):
        if checksum != first:
            raise Mistake(
                f"against must be a run of the same data as run={folders[0]}, whose checksum is "
                f"{first}; that of {folder} is {checksum}"
            )
    spans = [(one.split.test.start, one.split.test.cut, one.split.test.stop) for one in parts]
    same = all(map(torch.equal, spans[0], spans[-1]))
    rule = f"against must be a run with the same test targets as run={folders[0]}"
    require(same, rule, f"another split in {folders[-1]}")


def _people(parts: Parts, users: Users, place: Int[Tensor, " M"]) -> People:
    """The users in these places, with their dates and their targets."""
    data, spans = parts.interactions, _select(parts.split.test, place)
    bounds = zip(spans.start.tolist(), spans.cut.tolist(), strict=True)
    days = [data.times[start:cut].div(DAY, rounding_mode="floor") for start, cut in bounds]
    return People(
        histories=[users.history(users.ids[i]) for i in place.tolist()],
        days=days,
        target=distinct_targets(data.items, spans).cpu(),
    )


def _select(spans: Spans, place: Int[Tensor, " M"]) -> Spans:
    return Spans(spans.start[place], spans.cut[place], spans.stop[place])


def _model(
    name: str,
    parts: Parts,
    retriever: Retriever,
    place: Int[Tensor, " M"],
    people: People,
    choices: Choices,
    n: int,
) -> Model:
    """What this run's model finds; the ranks are those of its evaluation."""
    ranking = parts.rank(_select(parts.split.test, place))
    table = retriever.table.cpu()
    projection = fit_projection(table, retriever.items.count.cpu())
    return Model(
        name=name,
        memory=retriever.memory.name,
        dim=table.shape[1],
        history_length=retriever.history_length,
        projection=projection,
        places=projection(table),
        view=find_view(retriever, people.histories, choices, n, projection),
        rank=ranking.rank,
        winner=ranking.winner,
    )


def _names(folders: Sequence[Path]) -> list[str]:
    """The choices by which the runs differ, as they are typed; where they do not, their folders."""
    choices = [runs(folder)[0].choices for folder in folders]
    groups = [group for group in choices[0] if group != "dataset"]
    if len(folders) > 1:
        groups = [group for group in groups if len({one[group] for one in choices}) > 1]
    names = [" ".join(f"{group}={one[group]}" for group in groups if one[group]) for one in choices]
    return [name or folder.resolve().name for name, folder in zip(names, folders, strict=True)]
