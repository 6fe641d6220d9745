import math

import pytest
from torch import tensor

from bam.evaluation.metrics import coverage, each_user, mrr, names, ndcg, recall, summary
from tests.broken.metrics import REFUSED
from tests.contracts import checks, refusing
from tests.contracts import metrics as contract


def metric_of(name):
    return lambda rank: each_user(rank, [contract.CUTOFF])[name]


@pytest.mark.parametrize("name", names([contract.CUTOFF]))
@pytest.mark.parametrize("check", checks(contract))
def test_every_metric_keeps_the_contract(name, check):
    check(metric_of(name))


@pytest.mark.parametrize("name", names([contract.CUTOFF]))
def test_every_metric_equals_its_oracle(name):
    kind = name.partition("@")[0]
    assert kind in contract.ORACLES, f"{name} has no oracle in tests/contracts/metrics.py: add it"
    assert contract.differs_from(contract.ORACLES[kind], metric_of(name)) == []


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_metric_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


@pytest.mark.parametrize(
    ("rank", "hit", "gain"), [(1, 1, 1.0), (3, 1, 0.5), (10, 1, 0.28906), (11, 0, 0.0)]
)
def test_one_target_at_ten(rank, hit, gain):
    assert recall(tensor([[rank]]), 10).item() == hit
    assert ndcg(tensor([[rank]]), 10).item() == pytest.approx(gain, abs=1e-5)


def test_several_targets_share_recall_and_the_ideal_gain():
    rank = tensor([[1, 4, 30], [2, 0, 0]])  # the second user has one target
    assert recall(rank, 10).tolist() == pytest.approx([2 / 3, 1.0])
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    expected = [(1 + 1 / math.log2(5)) / ideal, 1 / math.log2(3)]
    assert ndcg(rank, 10).tolist() == pytest.approx(expected)


def test_the_ideal_gain_counts_no_more_targets_than_the_list_holds():
    assert ndcg(tensor([[1, 2, 3]]), 2).item() == pytest.approx(1.0)


def test_mrr_is_one_over_the_best_rank():
    assert mrr(tensor([[4, 2], [5, 0]])).tolist() == pytest.approx([1 / 2, 1 / 5])


def test_coverage_is_the_share_of_the_catalogue_in_any_list():
    assert coverage(tensor([[1, 2], [2, 3]]), num_items=6) == pytest.approx(0.5)


def test_the_summary_is_a_mean_over_users_under_the_names_it_announces():
    found = summary(tensor([[1], [30]]), [10, 20])
    assert list(found) == names([10, 20]) and found["recall@10"] == 0.5
