"""The tables of all runs under a folder."""

from pathlib import Path
from typing import Any

import polars as pl

from bam.results.configuration import Configuration, configurations
from bam.results.render.latex import latex
from bam.results.render.markdown import markdown
from bam.results.runs import Run, runs
from bam.results.summary import Asked, summary

TABLES = {"results.md": markdown, "results.tex": latex}


def collect(folder: Path, asked: Asked) -> pl.DataFrame:
    """Write one row a run to `results.csv`, one a configuration to `results.md` and `results.tex`.

    Raises:
        Mistake: there is no run, or the comparison that is asked for cannot be made.
    """
    found = configurations(runs(folder))
    every = frame(found)
    every.write_csv(folder / "results.csv")
    sheet = summary(found, asked)
    for name, written in TABLES.items():
        (folder / name).write_text(written(sheet))
    return every


def frame(found: list[Configuration]) -> pl.DataFrame:
    """One row a run, finished or not: what it was, then what it reached."""
    rows = [_row(run, one.label) for one in found for run in one.runs]
    columns = {name: None for part in zip(*rows, strict=True) for piece in part for name in piece}
    flat = [{**columns, **{key: value for part in row for key, value in part.items()}}
            for row in rows]  # fmt: skip
    return pl.DataFrame(flat, infer_schema_length=None, strict=False)


def _row(run: Run, label: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """What it was, what it reached, where it lies."""
    results = run.results
    balance = dict(results.get("balance", {}))
    shares = {name: " ".join(f"{share:.2f}" for share in balance.pop(name, []))
              for name in ("share", "slots")}  # fmt: skip
    told = {"seed": run.seed, "status": run.status, "error": _line(results.get("error", ""))}
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
        {**run.choices, **label, **told},
        results.get("test", {}),
        {**shares, **balance, **cost, "overrides": overrides, "run": str(run.folder)},
    )


def _line(text: str) -> str:
    return " ".join(str(text).split())
