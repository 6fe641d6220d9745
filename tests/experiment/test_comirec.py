"""evaluation=comirec: many targets of users that have not trained, and what its metrics count."""

from math import log2

import numpy as np
import pytest

import bam
from tests.experiment.planted import PLANTED

N = (20, 50)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("comirec"))
        return bam.train(*PLANTED, "trainer.max_steps=200", "evaluation=comirec")


@pytest.fixture(scope="module")
def ranks(run):
    """Of each test user, the ranks of all targets."""
    return [row[row > 0] for row in np.load(run.folder / "ranks.npy")]


def test_each_test_user_has_the_last_fifth_of_the_items_as_targets(run, ranks):
    users = run.config["dataset"]["num_users"]
    assert len(ranks) == users // 10
    assert {len(row) for row in ranks} <= {3, 4}  # of 20 items; one that comes twice counts once


@pytest.mark.parametrize("n", N)
def test_recall_ndcg_and_hit_rate_are_means_over_users(run, ranks, n):
    test = run.results["test"]
    hits = [row[row <= n] for row in ranks]
    ideal = [sum(1 / log2(i + 2) for i in range(min(len(row), n))) for row in ranks]
    gain = [sum(1 / log2(rank + 1) for rank in row) for row in hits]
    pairs = list(zip(hits, ranks, strict=True))
    assert test[f"recall@{n}"] == pytest.approx(np.mean([len(h) / len(r) for h, r in pairs]))
    assert test[f"hit_rate@{n}"] == pytest.approx(np.mean([len(h) > 0 for h in hits]))
    ndcg = np.mean([g / most for g, most in zip(gain, ideal, strict=True)])
    assert test[f"ndcg@{n}"] == pytest.approx(ndcg)


def test_an_ideal_of_the_hits_alone_gives_a_larger_ndcg(run, ranks):
    """As in ComiRec's program: so its figures are not compared."""
    hits = [np.sort(row[row <= 50]) for row in ranks]
    ideal = [max(sum(1 / log2(i + 2) for i in range(len(row))), 1) for row in hits]
    gain = [sum(1 / log2(rank + 1) for rank in row) for row in hits]
    inflated = np.mean([g / most for g, most in zip(gain, ideal, strict=True)])
    assert inflated > 1.2 * run.results["test"]["ndcg@50"]


def test_the_union_of_all_queries_is_measured_with_many_targets(run):
    test = run.results["test"]
    found = [test[f"union_recall@{n}"] for n in (50, 100, 200)]
    assert found == sorted(found) and found[-1] > found[0] > 0
