"""One table of all runs under a folder."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from bam.mistake import Mistake

SHOWN = ("dataset", "backbone", "selection", "loss")


def collect(folder: Path) -> pl.DataFrame:
    """One row a finished run below `folder`, in the order of their folders' names.

    Raises:
        Mistake: there is no finished run.
    """
    paths = sorted(folder.glob("**/results.json"))
    if not paths:
        raise Mistake(f"{folder} must hold at least one finished run, got none")
    return pl.DataFrame([_row(json.loads(path.read_text()), path.parent) for path in paths])


def _row(results: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {
        **{key: results[key] for key in SHOWN},
        "seed": results["seed"],
        **results["test"],
        "share": " ".join(f"{share:.2f}" for share in results["balance"]["share"]),
        **{key: results["balance"][key] for key in ("entropy", "effective", "cosine")},
        "steps": results["steps"],
        "best_step": results["best_step"],
        "seconds": results["train_seconds"],
        "samples/s": results["samples_per_second"],
        "tested users/s": results["users_per_second"],
        "run": str(folder),
    }
