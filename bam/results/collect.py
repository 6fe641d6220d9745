"""The tables of all runs under a folder."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from bam.results.configuration import Configuration, configurations
from bam.results.means import means_frame
from bam.results.render.latex import latex
from bam.results.render.markdown import markdown
from bam.results.render.sheet import Sheet
from bam.results.render.spreadsheet import write_csv
from bam.results.runs import Run, runs
from bam.results.summary import measure, summary_of
from bam.results.view import View
from bam.run.override import typed
from bam.system.files import replacing, write_text

TABLES = {"results.md": markdown, "results.tex": latex}


@dataclass(frozen=True)
class Collected:
    """What the runs below a folder hold."""

    frame: pl.DataFrame  # one row a run
    means: pl.DataFrame  # one row a configuration, in numbers
    metrics: list[str]  # which of them the other tables show
    sheet: Sheet  # one row a configuration, in words
    texts: dict[str, str]  # the sheet by the name of its file

    def write(self, folder: Path) -> list[Path]:
        """Write CSV with a row a run and a row a configuration, Markdown and LaTeX."""
        folder.mkdir(parents=True, exist_ok=True)
        frames = {"results.csv": self.frame, "configurations.csv": self.means}
        for name, frame in frames.items():
            with replacing(folder / name) as unfinished:
                write_csv(frame, unfinished)
        for name, text in self.texts.items():
            write_text(folder / name, text)
        return [folder / name for name in (*frames, *self.texts)]


def collect(folder: Path, view: View) -> Collected:
    """Read every run at or below the folder.

    Raises:
        Mistake: there is no run, or the view cannot be shown.
    """
    ones = configurations(runs(folder))
    metrics, differences = measure(ones, view)
    sheet = summary_of(ones, view, metrics, differences)
    return Collected(
        frame=runs_frame(ones),
        means=means_frame(ones, metrics, differences),
        metrics=metrics.shown,
        sheet=sheet,
        texts={name: render(sheet) for name, render in TABLES.items()},
    )


def runs_frame(ones: list[Configuration]) -> pl.DataFrame:
    """One row a run, finished or not: what it is, then its results."""
    rows = [_row(run, one) for one in ones for run in one.runs]
    columns = {name: None for part in zip(*rows, strict=True) for piece in part for name in piece}
    flat = [
        {**columns, **{key: value for part in row for key, value in part.items()}} for row in rows
    ]
    return pl.DataFrame(flat, infer_schema_length=None, strict=False)


def _row(run: Run, one: Configuration) -> tuple[dict[str, Any], ...]:
    """What the run is; its metrics on test and validation users; the rest, and its folder."""
    results = run.results
    balance = dict(results.get("balance", {}))
    shares = {
        name: " ".join(f"{share:.2f}" for share in balance.pop(name, []))
        for name in ("share", "slots")
    }
    state = {"seed": run.seed, "status": run.status, "error": _line(results.get("error", ""))}
    cost = {
        "steps": results.get("steps"),
        "best_step": results.get("best_step"),
        "seconds": results.get("train_seconds"),
        "samples/s": results.get("samples_per_second"),
        "tested users/s": results.get("users_per_second"),
        "peak_memory_mb": results.get("peak_memory_mb"),
    }
    overrides = shlex.join(typed(key, value) for key, value in run.overrides.items())
    return (
        {**run.choices, **one.label, **state},
        results.get("test", {}),
        {f"valid.{name}": value for name, value in results.get("valid", {}).items()},
        {
            **shares,
            **balance,
            **cost,
            **one.also,
            "overrides": overrides,
            "data": run.data,
            "code": results.get("code"),
            "run": str(run.folder),
        },
    )


def _line(text: str) -> str:
    return " ".join(str(text).split())
