"""The interest explorer of one or two runs: from the options of `bam explore` to its page."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from bam.errors import Mistake, require
from bam.evaluation.targets import distinct_targets
from bam.experiment.ask import build_choices
from bam.experiment.assemble import Parts
from bam.experiment.load import assemble_run
from bam.experiment.retriever import build_retriever
from bam.records import Spans
from bam.results.runs import runs
from bam.run.files import INTERESTS
from bam.run.identity import EVALUATION
from bam.run.override import Override
from bam.serving.explore.content import Model, People, content
from bam.serving.explore.page import page
from bam.serving.explore.projection import fit_projection
from bam.serving.explore.view import find_view
from bam.serving.histories import Users
from bam.serving.retriever import Choices, Retriever
from bam.system.files import write_text

log = logging.getLogger(__name__)
DAY = 24 * 60 * 60  # seconds


def explore(config: Mapping[str, Any], overrides: Sequence[str]) -> Path:
    """Write the page, and return its path.

    Raises:
        Mistake: a wrong option, a folder that is no run, or two runs of different data.
    """
    for option in ("sample", "items", "n"):
        require(config[option] >= 1, f"{option} must be at least 1", config[option])
    target = _output(config)
    folders = [Path(folder) for folder in (config["run"], config["against"]) if folder]
    require(bool(config["run"]), "run must be the folder of a run", config["run"])
    given = {Override.parse(text).root for text in overrides}.intersection(EVALUATION)
    parts = [_open(folder, config, given) for folder in folders]
    _require_same_data(folders, parts)
    retrievers = [build_retriever(one, "test") for one in parts]
    place = choose_users(retrievers[0].users, config["users"], config["sample"], config["seed"])
    people = _people(parts[0], retrievers[0].users, place)
    choices = build_choices(config)
    models = [
        _model(*one, place, people, choices, config["n"])
        for one in zip(_names(folders), parts, retrievers, strict=True)
    ]
    shown = content(
        retrievers[0].data, retrievers[0].items, people, models, config["items"], config["n"]
    )
    text = page(" · ".join(["Interests", *(model.name for model in models)]), shown)
    write_text(target, text)
    counts = f"{len(people.histories):,} users, {len(shown['items']['id']):,} items"
    log.info("%s, %.1f MB", counts, len(text.encode()) / 1e6)
    return target


def _output(config: Mapping[str, Any]) -> Path:
    if not config["output"]:
        return Path(config["run"]) / INTERESTS
    path = Path(config["output"])
    fits = path.suffix == ".html" and path.parent.is_dir()
    require(fits, "output must be an .html file in a folder that exists", config["output"])
    return path


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


def choose_users(users: Users, ids: Sequence[str], sample: int, seed: int) -> Int[Tensor, " M"]:
    """The places of the users of these ids; without ids, of a sample of those with a history.

    Raises:
        Mistake: an id is of no test user, or of one without a history.
    """
    require(not isinstance(ids, str), "users must be a list of ids, such as [196,22]", ids)
    known = users.stop > users.start
    for user in map(str, ids):
        found = user in users.number and bool(known[users.number[user]])
        require(found, "users must be test users of the data set who have a history", user)
    if ids:
        return torch.tensor([users.number[user] for user in dict.fromkeys(map(str, ids))])
    some = known.nonzero()[:, 0]
    drawn = torch.randperm(len(some), generator=torch.Generator().manual_seed(seed))[:sample]
    return some[drawn.sort().values]


def _people(parts: Parts, users: Users, place: Int[Tensor, " M"]) -> People:
    """The users in these places, with their dates and their targets."""
    data, spans = parts.interactions, _select(parts.split.test, place)
    bounds = list(zip(spans.start.tolist(), spans.cut.tolist(), strict=True))
    times = data.times if len(data.times) else None
    return People(
        histories=[users.history(users.ids[i]) for i in place.tolist()],
        days=[times[a:b].div(DAY, rounding_mode="floor") for a, b in bounds]
        if times is not None
        else [],
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
