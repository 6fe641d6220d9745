"""Run folders as training writes them, without any training."""

import json

import numpy as np
import polars as pl
import pytest
import yaml

CONFIG = {
    "seed": 1,
    "name": "",
    "device": "auto",
    "threads": 0,
    "data_dir": "data",
    "dim": 64,
    "dataset": {"name": "small", "folder": "data/small"},
    "split": {"_target_": "bam.data.split.leave_one_out.LeaveOneOut"},
    "selection": {"_target_": "bam.objective.selection.soft.drawn", "tau": 1.0},
    "loss": {"single_interest": {"selection": {"tau": 1.0}}},
    "evaluation": {"protocol": {"_target_": "bam.evaluation.protocol.clean.Clean"}},
    "tracker": {"jsonl": {"_target_": "bam.run.tracker.jsonl.jsonl"}},
}
CHOICES = {"dataset": "small", "backbone": "remi", "selection": "p", "loss": "single_interest"}
BALANCE = {
    "share": [0.75, 0.25],
    "entropy": 0.8,
    "effective": 1.7,
    "gini": 0.25,
    "dead": 0,
    "cosine": 0.5,
    "slots": [0.5, 0.5],
}


def merged(tree, changes):
    """The tree with changes by dotted path; tau is in two places, as in a resolved config."""
    tree = json.loads(json.dumps(tree))
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    if "selection.tau" in changes:
        tree["loss"]["single_interest"]["selection"]["tau"] = changes["selection.tau"]
    return tree


@pytest.fixture
def finished(tmp_path):
    """Write a finished run: finished("a", ranks=[1, 12], choices={...}, seed=2, ...)."""
    return finished_in(tmp_path)


def finished_in(parent):
    def write(
        name,
        /,
        ranks=(1, 5, 12, 30),
        choices=None,
        users=None,
        lists=None,
        valid=None,
        overrides=None,
        **changes,
    ):
        """`users`: values of each user by metric; `lists`: one number by metric, less is better.

        `valid`: figures of the validation users; `overrides`: what was typed for the run.
        """
        folder = unfinished_in(parent, name, changes)
        rank = np.array(ranks, dtype=np.int32)[:, None]
        np.save(folder / "ranks.npy", rank)
        hits = {f"recall@{n}": float(np.mean(rank <= n)) for n in (10, 20)}
        gains = {f"ndcg@{n}": float(np.mean((rank <= n) / np.log2(rank + 1))) for n in (10, 20)}
        means = {metric: float(np.mean(values)) for metric, values in (users or {}).items()}
        if users:
            pl.DataFrame(users).write_parquet(folder / "users.parquet")
        results = {
            **CHOICES,
            **(choices or {}),
            "overrides": overrides or {"dataset": "small"},
            "valid": {**BALANCE, **(valid or {})},
            "steps": 200,
            "best_step": 100,
            "train_seconds": 2.5,
            "samples_per_second": 1000.0,
            "users_per_second": 2000.0,
            "peak_memory_mb": 300.0,
            "test": {**hits, **gains, "mrr": 0.5, **means, **(lists or {})},
            "lower_is_better": list(lists or {}),
            "balance": BALANCE,
        }
        (folder / "results.json").write_text(json.dumps(results))
        line = {"loss": 2.0, **hits, **gains, **BALANCE}
        lines = [json.dumps({"step": step, **line}) + "\n" for step in (100, 200)]
        (folder / "metrics.jsonl").write_text("".join(lines))
        return folder

    return write


@pytest.fixture
def unfinished(tmp_path):
    """Write a run that has only begun."""
    return lambda name, /, **changes: unfinished_in(tmp_path, name, changes)


def unfinished_in(parent, name, changes):
    folder = parent / name
    folder.mkdir(parents=True)
    paths = {key.replace("__", "."): value for key, value in changes.items()}
    (folder / "config.yaml").write_text(yaml.safe_dump(merged(CONFIG, paths)))
    return folder
