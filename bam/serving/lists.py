"""The lists of some users, and a file of them: JSON lines, Parquet or CSV by its ending."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from bam.errors import require
from bam.serving.answers import recommend
from bam.serving.explain import Answer, explain
from bam.serving.histories import History
from bam.serving.retriever import Choices, Retriever
from bam.system.files import replacing
from bam.system.strict_json import json_text


@dataclass(frozen=True)
class Lists:
    """What these histories are recommended: computed when it is wanted."""

    retriever: Retriever
    histories: Sequence[History]
    n: int  # items of a list
    per_interest: int  # items of the history and best items that an answer has of each interest
    choices: Choices

    def table(self) -> pl.DataFrame:
        """One row an item."""
        return recommend(self.retriever, self.histories, self.n, self.choices)

    def answers(self) -> Iterator[Answer]:
        """One answer a user, with its reasons."""
        return explain(self.retriever, self.histories, self.n, self.per_interest, self.choices)


def check_output(path: Path) -> None:
    """Refuse a file that cannot be written.

    Raises:
        Mistake: it has another ending, or is a folder.
    """
    rule = f"output must be a file that ends in {', '.join(WRITERS)}"
    require(path.suffix in WRITERS and not path.is_dir(), rule, str(path))


def write_lists(path: Path, lists: Lists) -> None:
    """Write the file whole or not at all; its folder is made.

    JSON lines hold the answers, one user a line; the others the table.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[path.suffix](path, lists)


def json_line(answer: Answer) -> str:
    """An answer as JSON, on one line."""
    return json_text(asdict(answer))


def _write_json_lines(path: Path, lists: Lists) -> None:
    with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8") as file:
        file.writelines(f"{json_line(answer)}\n" for answer in lists.answers())


def _write_parquet(path: Path, lists: Lists) -> None:
    table = lists.table()
    with replacing(path) as unfinished:
        table.write_parquet(unfinished)


def _write_csv(path: Path, lists: Lists) -> None:
    table = lists.table()
    with replacing(path) as unfinished:
        table.write_csv(unfinished)


WRITERS: dict[str, Callable[[Path, Lists], None]] = {
    ".jsonl": _write_json_lines,
    ".parquet": _write_parquet,
    ".csv": _write_csv,
}
