"""Figures of validation users, and what they choose."""

import pytest

from bam.results.configuration import configurations
from bam.results.metrics import Metrics, mean, seed_values
from bam.results.runs import runs
from bam.results.view import View

NOTHING = View({}, "ndcg@10", [], [])


@pytest.fixture
def found(tmp_path):
    return lambda: configurations(runs(tmp_path))


def test_validation_is_beside_test_and_holds_numbers_alone(finished, found):
    finished("a", seed=1, valid={"ndcg@10": 0.25, "mrr": None, "share": [1.0]})
    finished("b", seed=2, valid={"ndcg@10": 0.75})
    [one] = found()
    assert (
        seed_values(one, "ndcg@10", "valid") == [0.25, 0.75]
        and mean(one, "ndcg@10", "valid") == 0.5
    )
    assert seed_values(one, "mrr", "valid") == seed_values(one, "share", "valid") == []


@pytest.mark.parametrize(("metric", "chosen"), [("recall@20", 2), ("mrr", 0.5)])
def test_the_metric_of_the_trainer_chooses_and_test_users_never_do(finished, found, metric, chosen):
    for tau, recall, mrr, ranks in ((0.5, 0.3, 0.2, [1, 1]), (2, 0.4, 0.1, [99, 99])):
        figures = {"recall@20": recall, "mrr": mrr, "ndcg@10": 0.1}
        finished(f"{tau}", ranks, valid=figures, selection__tau=tau, trainer__metric=metric)
    metrics = Metrics.of(found(), NOTHING)
    assert metrics.chosen(found()).label["selection.tau"] == chosen


def test_where_trainers_differ_the_compared_metric_chooses(finished, found):
    for tau, metric, ndcg in ((0.5, "mrr", 0.1), (2, "recall@20", 0.2)):
        valid = {"ndcg@10": ndcg}
        finished(f"{tau}", valid=valid, selection__tau=tau, trainer__metric=metric)
    metrics = Metrics.of(found(), NOTHING)
    assert metrics.chooses == "ndcg@10"
    assert metrics.chosen(found()).label["selection.tau"] == 2


def test_of_one_configuration_nothing_is_chosen(finished, unfinished, found):
    finished("a", valid={"ndcg@10": 0.25})
    unfinished("b", selection__tau=7)
    assert Metrics.of(found(), NOTHING).chosen(found()) is None
