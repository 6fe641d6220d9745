"""One table of all runs under a folder."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from bam.mistake import Mistake

CHOICES = ("dataset", "backbone", "selection", "loss")  # the groups that name an experiment


def collect(folder: Path) -> pl.DataFrame:
    """One row a run below `folder`: its choices and overrides, then what it reached.

    Raises:
        Mistake: there is no finished run.
    """
    paths = sorted(folder.glob("**/results.json"))
    if not paths:
        raise Mistake(f"{folder} must hold at least one finished run, got none")
    rows = [_row(json.loads(path.read_text()), path.parent) for path in paths]
    rows.sort(key=lambda row: bool(row["reached"]["error"]))  # failed ones last
    overrides = {key: None for row in rows for key in row["overrides"]}
    flat = [{**row["choices"], **overrides, **row["overrides"], **row["reached"]} for row in rows]
    return pl.DataFrame(flat, infer_schema_length=None)


def _row(results: dict[str, Any], folder: Path) -> dict[str, dict[str, Any]]:
    balance = {"share": [], **results.get("balance", {})}
    return {
        "choices": {**{key: results[key] for key in CHOICES}, "seed": results["seed"]},
        "overrides": {key: value for key, value in results["overrides"].items()
                      if key not in (*CHOICES, "seed", "name")},
        "reached": {
            **results.get("test", {}),
            "share": " ".join(f"{share:.2f}" for share in balance["share"]),
            **{key: balance.get(key) for key in ("entropy", "effective", "cosine")},
            "steps": results.get("steps"),
            "best_step": results.get("best_step"),
            "seconds": results.get("train_seconds"),
            "samples/s": results.get("samples_per_second"),
            "tested users/s": results.get("users_per_second"),
            "error": results.get("error", ""),
            "run": str(folder),
        },
    }  # fmt: skip
