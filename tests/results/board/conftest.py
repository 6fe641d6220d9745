"""Runs of experiments, and boards of results that no run has made."""

import json

import pytest
import torch

from bam.results.board.files import Stored
from bam.results.board.plan import DATASETS, Method
from bam.results.board.record import Baseline, Gain, Result

METHODS = [
    Method("comirec_sa", "ComiRec-SA", True, DATASETS, {"ml1m": 24_000}),
    Method("comirec_sa_k1", "ComiRec-SA, K = 1", False, DATASETS, {"ml1m": 24_000}),
    Method("remi", "REMI", True, DATASETS, {"ml1m": 24_000}),
]


@pytest.fixture
def trained(finished):
    """Write a finished run of an experiment: trained("a", "remi", seed=2, ranks=[1, 3])."""

    def write(name, experiment, seed=1, typed=None, ranks=(1, 5, 12, 30), **changes):
        options = {"experiment": experiment, "dataset": "small", "seed": str(seed)}
        options |= {
            "data_dir": "/home/me",
            "threads": "1",
            "hydra/launcher": "local",
            **(typed or {}),
        }
        options = {key: value for key, value in options.items() if value is not None}
        usual = {"num_interests": 4, "trainer__metric": "recall@20", "method": experiment}
        folder = finished(name, ranks, overrides=options, seed=seed, **{**usual, **changes})
        recorded = {"cpu": "AMD", "cores": 2, "threads": 1, "commit": "a" * 40, "bam": "0.2"}
        environment = {**recorded, "date": "2026-11-29T06:48:53+00:00", "device": "cpu"}
        (folder / "environment.json").write_text(json.dumps(environment))
        return folder

    return write


def result(
    method="remi", *, data="ml100k", protocol="clean", seed=1, steps=6000, minutes=2.0, **test
):
    """A stored run, without a run; `test`: its metrics."""
    command = f"bam train experiment={method} dataset={data} seed={seed} threads=1"
    metrics = test or {"ndcg@10": 0.1, "recall@10": 0.2}
    return Result(
        method, 4, "several interests", data, protocol, seed, False, steps, minutes, "mrr", 0.3,
        "AMD, 1 of 2 cores", "2026-11-29", "0.2", "aaaaaaaaaa", "", command, metrics,
    )  # fmt: skip


def gain(method, mean=0.01, p=0.001, over="comirec_sa", metric="ndcg@10", data="ml100k"):
    """A stored comparison, without runs."""
    return Gain(method, data, "clean", over, metric, mean, mean - 0.005, mean + 0.005, p, 943)


def baseline(values, method="comirec_sa", metric="recall@10", data="ml100k"):
    """The users of a method, without runs."""
    users = torch.tensor(values, dtype=torch.float64)
    return Baseline(method, data, "clean", metric, "checksum", users)


def board(*results, gains=(), baselines=()):
    return Stored(list(results), list(gains), list(baselines))
