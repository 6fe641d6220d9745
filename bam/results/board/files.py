"""The files that hold a board: a row a run, a row a comparison, and the users of the baselines."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import polars as pl
from torch import float64, tensor

from bam.errors import Mistake, require
from bam.results.board.record import Baseline, Gain, Result
from bam.system.files import replacing

RUNS, GAINS, BASELINE_USERS = "runs.csv", "gains.csv", "baselines.parquet"
BASELINE = pl.Schema(
    {field.name: pl.String for field in fields(Baseline)} | {"values": pl.List(pl.Float64)}
)
LATER = {"checksum": ""}  # columns that earlier boards do not have
READ: Mapping[Any, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    bool: lambda text: text == "true",
    float | None: lambda text: float(text) if text else None,
}


@dataclass(frozen=True)
class Stored:
    """All that a board knows."""

    results: list[Result]
    gains: list[Gain]
    baselines: list[Baseline]


def read_board(folder: Path) -> Stored:
    """What is stored in the folder; nothing where there are no files yet.

    Raises:
        Mistake: a row or a file is damaged.
    """
    return Stored(
        [_result(row, place) for place, row in _rows(folder / RUNS)],
        [Gain(**_read(row, Gain, place)) for place, row in _rows(folder / GAINS)],
        _read_baselines(folder / BASELINE_USERS),
    )


def write_board(folder: Path, stored: Stored) -> None:
    """Write the files, in the order of data sets, protocols, methods and seeds."""
    folder.mkdir(parents=True, exist_ok=True)
    results = sorted(stored.results, key=lambda one: (*_place(one), one.seed))
    names = sorted({name for one in results for name in one.metrics})
    head = [field.name for field in fields(Result) if field.name != "metrics"]
    flat = [{**vars(one), **one.metrics} for one in results]
    _write(folder / RUNS, [*head, *names], flat)
    gains = sorted(stored.gains, key=lambda one: (*_place(one), one.over, one.metric))
    _write(folder / GAINS, [field.name for field in fields(Gain)], [vars(one) for one in gains])
    _write_baselines(folder / BASELINE_USERS, stored.baselines)


def require_page_name(data: str, place: object) -> None:
    """Refuse data whose name cannot be that of their page.

    Raises:
        Mistake: it is a path, or the name of the first page.
    """
    good = re.fullmatch(r"[\w .()-]+", data) and data.lower() != "index"
    rule = "the name of the data must be letters, digits, spaces and `_.-()`, and not `index`"
    require(bool(good), f"{place}: {rule}", data)


def _place(one: Result | Gain | Baseline) -> tuple[str, str, str]:
    return one.data, one.protocol, one.method


def _rows(path: Path) -> Iterable[tuple[str, dict[str, str]]]:
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 2):
                yield f"{path}:{number}", row


def _result(row: Mapping[str, str], place: str) -> Result:
    """What is no field is a metric, in the runs that have it."""
    own = {field.name for field in fields(Result)}
    try:
        metrics = {name: float(text) for name, text in row.items() if name not in own and text}
    except (TypeError, ValueError) as error:
        raise Mistake(f"{place}: a metric must be a number ({error})") from error
    found = Result(**_read(row, Result, place), metrics=metrics)
    require_page_name(found.data, place)
    return found


def _read(row: Mapping[str, str], kind: type, place: str) -> dict[str, Any]:
    """The fields of a record, but for metrics."""
    whole = {**LATER, **row}
    try:
        return {
            field.name: READ[field.type](whole[field.name])
            for field in fields(kind)
            if field.name != "metrics"
        }
    except (KeyError, TypeError, ValueError) as error:
        raise Mistake(f"{place}: no whole row of a board ({error!r})") from error


def _write(path: Path, head: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([_text(row.get(name)) for name in head] for row in rows)


def _text(value: Any) -> str:
    """A number with six digits: more than a table shows, and the same when it is read again."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def _read_baselines(path: Path) -> list[Baseline]:
    if not path.exists():
        return []
    try:
        rows = pl.read_parquet(path, glob=False, schema=BASELINE).rows(named=True)
        return [Baseline(**{**row, "values": tensor(row["values"], dtype=float64)}) for row in rows]
    except (pl.exceptions.PolarsError, TypeError) as error:  # TypeError: an empty value
        raise Mistake(f"{path}: not the baselines of a board ({error}); restore it") from error


def _write_baselines(path: Path, baselines: Sequence[Baseline]) -> None:
    """A row a metric of a baseline; no file where there are none."""
    if not baselines:
        path.unlink(missing_ok=True)
        return
    ordered = sorted(baselines, key=lambda one: (*_place(one), one.metric))
    rows = [{**vars(one), "values": one.values.tolist()} for one in ordered]
    with replacing(path) as unfinished:
        pl.DataFrame(rows, schema=BASELINE).write_parquet(unfinished)
