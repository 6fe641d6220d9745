"""What `bam recommend` is given, and the lists that it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bam.config.ids import ALL
from bam.config.instantiate import typed
from bam.errors import Mistake, require
from bam.experiment.opened.ask import build_choices
from bam.experiment.opened.load_export import Export
from bam.experiment.opened.open import load
from bam.experiment.opened.retriever import UNTIL
from bam.run.override import Override
from bam.serving.histories import History, read_history
from bam.serving.history_file import read_histories
from bam.serving.lists import Lists, check_output
from bam.serving.retriever import Retriever
from bam.system.threads import use_threads

WHOSE = ("users", "history", "histories")
OF_RUN = ("device", "threads", "data_dir", "trust")  # options that opening a run takes too


@dataclass(frozen=True)
class Request:
    """Which model recommends, to whom, and how much.

    Raises:
        Mistake: a value is out of range, or none or several of users, history and histories.
    """

    run: str
    users: Any  # ids, or all; None: not given
    history: Any  # ids; None: not given
    histories: str
    until: str
    n: int
    per_interest: int
    output: str

    def __post_init__(self) -> None:
        require(bool(self.run), "run must be the folder of a run or of an export", self.run)
        given = [name for name in WHOSE if getattr(self, name) not in (None, "")]
        if len(given) != 1:
            rule = "give one of users=[ID,...], history=[ID,...] and histories=FILE"
            raise Mistake(f"{rule}, got {' and '.join(given) or 'none'}")
        rule = "users must be a list of ids, such as [196,22], or all"
        require(self.users != [], rule, self.users)
        for name in ("n", "per_interest"):
            require(getattr(self, name) >= 1, f"{name} must be at least 1", getattr(self, name))
        require(self.until in UNTIL, f"until must be {', '.join(UNTIL)}", self.until)
        if self.until != UNTIL[0] and self.users is None:
            raise Mistake(f"until={self.until} needs users=[ID,...] or users=all, got {given[0]}")
        if self.output:
            check_output(Path(self.output))

    @property
    def is_of_many(self) -> bool:
        """Whether the users are all or a file's, and not each typed by its id."""
        return self.users == ALL or bool(self.histories)


def read_request(config: Mapping[str, Any]) -> Request:
    """The request in a resolved config."""
    names = {field.name for field in fields(Request)}
    return Request(**typed(Request, {key: config[key] for key in names}, ""))


def build_lists(request: Request, config: Mapping[str, Any], overrides: Sequence[str]) -> Lists:
    """The lists that the request is about; the model is opened.

    Raises:
        Mistake: a wrong option, folder or file, or users that the data set does not have.
    """
    choices = build_choices(config)
    of_run = [text for text in overrides if Override.parse(text).root in OF_RUN]
    retriever = _open(request.run, request.until, of_run)
    use_threads(config["threads"])
    histories = _histories(request, retriever)
    return Lists(retriever, histories, request.n, request.per_interest, choices)


def _open(folder: str, until: str, overrides: Sequence[str]) -> Retriever:
    """The model of a folder, with histories of its users that end at `until`."""
    opened = load(folder, *overrides)
    if isinstance(opened, Export):
        require(until == UNTIL[0], f"until must be {UNTIL[0]} with an export", until)
        return opened.retriever
    return opened.retriever if until == UNTIL[0] else opened.retriever_until(until)


def _histories(request: Request, retriever: Retriever) -> list[History]:
    if request.users == ALL:
        return retriever.users.all()
    if request.users is not None:
        return retriever.users.histories(request.users)
    if request.histories:
        read = read_histories(Path(request.histories))
        return [read_history(retriever.items, items, user) for user, items in read]
    return [read_history(retriever.items, request.history)]
