"""The tables of all runs under a folder."""

from pathlib import Path
from typing import Any

import polars as pl

from bam.results.configuration import Configuration, configurations
from bam.results.metrics import Metrics
from bam.results.render.latex import latex
from bam.results.render.markdown import markdown
from bam.results.render.spreadsheet import write_csv
from bam.results.runs import Run, runs
from bam.results.summary import summary
from bam.results.view import View
from bam.system.files import replacing, write_text

TABLES = {"results.md": markdown, "results.tex": latex}


def collect(folder: Path, view: View) -> tuple[pl.DataFrame, list[str]]:
    """Write one row a run to `results.csv`, one a configuration to `results.md` and `results.tex`.

    Returns the rows of `results.csv`, and the names of the metrics that the other tables show.

    Raises:
        Mistake: there is no run, or the view cannot be shown.
    """
    ones = configurations(runs(folder))
    metrics = Metrics.of(ones, view)
    frame = runs_frame(ones)
    with replacing(folder / "results.csv") as unfinished:
        write_csv(frame, unfinished)
    sheet = summary(ones, view)
    for name, render in TABLES.items():
        write_text(folder / name, render(sheet))
    return frame, metrics.shown


def runs_frame(ones: list[Configuration]) -> pl.DataFrame:
    """One row a run, finished or not: what it is, then its results."""
    rows = [_row(run, one.label) for one in ones for run in one.runs]
    columns = {name: None for part in zip(*rows, strict=True) for piece in part for name in piece}
    flat = [
        {**columns, **{key: value for part in row for key, value in part.items()}} for row in rows
    ]
    return pl.DataFrame(flat, infer_schema_length=None, strict=False)


def _row(run: Run, label: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """What the run is; its metrics; its balance, cost and folder."""
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
    overrides = " ".join(f"{key}={value}" for key, value in run.overrides.items())
    return (
        {**run.choices, **label, **state},
        results.get("test", {}),
        {
            **shares,
            **balance,
            **cost,
            "overrides": overrides,
            "data": run.data,
            "run": str(run.folder),
        },
    )


def _line(text: str) -> str:
    return " ".join(str(text).split())
