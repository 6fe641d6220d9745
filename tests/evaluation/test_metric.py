"""Every option of conf/metric, by its contract and its oracle; and what a few of them must show."""

import math
import shutil
from dataclasses import replace

import polars as pl
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch import tensor

import bam.evaluation.metric
from bam.config.hydra_version import BASE
from bam.config.instantiate import components
from bam.errors import Mistake
from bam.evaluation.facts import ItemFacts, read_genres
from bam.evaluation.metric.coverage import Coverage
from bam.evaluation.metric.diversity import Diversity
from bam.evaluation.metric.gini import Gini
from bam.evaluation.metric.map import MAP
from bam.evaluation.metric.mrr import MRR
from bam.evaluation.metric.ndcg import NDCG
from bam.evaluation.metric.novelty import Novelty
from bam.evaluation.metric.popularity_bias import PopularityBias
from bam.evaluation.metric.precision import Precision
from bam.evaluation.metric.recall import Recall
from bam.evaluation.outcome import Measurement, Outcome, measure
from bam.evaluation.queries import Queries
from bam.evaluation.users import read_users, write_users
from bam.records import PAD, Interactions
from tests.broken.metric import REFUSED
from tests.conftest import CONF, options
from tests.contracts import checks, refusing
from tests.contracts import metric as contract
from tests.evaluation import oracles

CUTOFFS = [1, 3, 10]
NAMES = [name for name in options("metric") if name != "all"]


def composed(conf, names):
    """The metrics of these names, from this config folder."""
    with initialize_config_dir(str(conf), **BASE):
        cfg = compose("train", [f"metric=[{','.join(names)}]", f"evaluation.cutoffs={CUTOFFS}"])
    nodes = OmegaConf.to_container(cfg.metric, resolve=True)
    return components(nodes, "metric")


@pytest.fixture(scope="module")
def metrics():
    return composed(CONF, NAMES)


@pytest.mark.parametrize("check", checks(contract))
@pytest.mark.parametrize("name", NAMES)
def test_every_metric_keeps_the_contract(metrics, name, check):
    check(metrics[name])


@pytest.mark.parametrize("name", [name for name in NAMES if hasattr(oracles, name)])
def test_a_metric_equals_its_slow_loop(metrics, name):
    oracle, outcome = getattr(oracles, name), contract.sample()
    ranks = [[rank for rank in user if rank] for user in outcome.ranks.tolist()]
    lists = [[item for item in user if item != PAD] for user in outcome.lists.tolist()]
    for found, value in contract.values(metrics[name], outcome).items():
        n = int(found.partition("@")[2] or 0)
        expected = oracle(ranks, lists, outcome.queries, outcome.facts, n)
        assert value == pytest.approx(expected if len(value) > 1 else [expected], rel=1e-12)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_metric_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


def test_a_metric_takes_the_cutoffs_of_the_evaluation_unless_it_has_others(configured):
    metric = configured("metric=[recall,ndcg]", "metric.ndcg.cutoffs=[5]")["metric"]
    assert metric["recall"]["cutoffs"] == [10, 20] and metric["ndcg"]["cutoffs"] == [5]


def test_a_metric_may_be_chosen_alone(configured):
    assert list(configured("metric=ndcg")["metric"]) == ["ndcg"]


NEWCOMER = '''
class AllFound:
    """1 for a user whose targets are all among the first n, else 0."""

    higher_is_better, bounds, list_length, needs_queries = True, (0.0, 1.0), 0, False

    def __init__(self, cutoffs: list[int]):
        self.cutoffs = cutoffs

    def __call__(self, outcome):
        for n in self.cutoffs:
            yield f"all_found@{n}", (outcome.hits(n).sum(1) == outcome.num_targets).double()
'''
ITS_YAML = """
all_found:
  _target_: bam.evaluation.metric.all_found.AllFound
  cutoffs: ${evaluation.cutoffs}
"""


def test_a_newcomer_adds_two_files(tmp_path, monkeypatch):
    package = bam.evaluation.metric
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    (tmp_path / "all_found.py").write_text(NEWCOMER)
    shutil.copytree(CONF, tmp_path / "conf")
    (tmp_path / "conf" / "metric" / "all_found.yaml").write_text(ITS_YAML)
    found = composed(tmp_path / "conf", ["recall", "all_found"])
    for check in checks(contract):
        check(found["all_found"])
    measured = measure(found.values(), contract.sample())
    assert [one.name for one in measured][-3:] == ["all_found@1", "all_found@3", "all_found@10"]


@pytest.mark.parametrize("metric", [Recall, NDCG, Precision, MAP, Coverage, Gini, Novelty])
@pytest.mark.parametrize("cutoffs", [[], [0], [10, -1]])
def test_a_cutoff_below_one_is_refused(metric, cutoffs):
    with pytest.raises(Mistake, match="cutoffs must be at least 1"):
        metric(cutoffs)


def at(metric, ranks=None, lists=None, facts=None):
    """The only value that the metric yields."""
    users = len(lists if ranks is None else ranks)
    ranks = torch.ones(users, 1, dtype=torch.int64) if ranks is None else ranks
    lists = ranks[:, :0] if lists is None else lists
    facts = facts or Outcome.smallest().facts
    [(_, value)] = metric(Outcome(ranks, lists, Queries.none(ranks), facts))
    return value


@pytest.mark.parametrize(
    ("rank", "hit", "gain"), [(1, 1, 1.0), (3, 1, 0.5), (10, 1, 0.28906), (11, 0, 0.0)]
)
def test_one_target_at_ten(rank, hit, gain):
    assert at(Recall([10]), tensor([[rank]])).item() == hit
    assert at(NDCG([10]), tensor([[rank]])).item() == pytest.approx(gain, abs=1e-5)


def test_several_targets_share_recall_and_the_ideal_gain():
    ranks = tensor([[1, 4, 30], [2, 0, 0]])  # the second user has one target
    assert at(Recall([10]), ranks).tolist() == pytest.approx([2 / 3, 1.0])
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    expected = [(1 + 1 / math.log2(5)) / ideal, 1 / math.log2(3)]
    assert at(NDCG([10]), ranks).tolist() == pytest.approx(expected)


def test_the_ideal_gain_counts_no_more_targets_than_the_list_holds():
    assert at(NDCG([2]), tensor([[1, 2, 3]])).item() == pytest.approx(1.0)


def test_mrr_is_one_over_the_best_rank():
    assert at(MRR(), tensor([[4, 2], [5, 0]])).tolist() == pytest.approx([1 / 2, 1 / 5])


def test_map_is_the_mean_of_the_precision_at_each_hit():
    assert at(MAP([10]), tensor([[5, 2, 30]])).item() == pytest.approx((1 / 2 + 2 / 5) / 3)


def facts(num_items, counts=(), genres=()):
    return ItemFacts(num_items, lambda: tensor(counts), lambda: tensor(genres, dtype=torch.bool))


BEST = Outcome(  # two users, of two items in all: what is best at cutoff 1
    ranks=tensor([[1], [1]]),
    lists=tensor([[1], [2]]),
    queries=Queries(torch.ones(2, 1, 1).long(), torch.ones(2, 1), torch.ones(2, 1, 1)),
    facts=ItemFacts(2, lambda: tensor([0, 1, 1]), lambda: tensor([[0], [1], [1]]).bool()),
)


@pytest.mark.parametrize(
    "name", ["recall", "hit_rate", "precision", "ndcg", "mrr", "map", "coverage"]
)
def test_the_best_ranking_reaches_the_highest_value_that_a_metric_names(configured, name):
    config = configured(f"metric=[{name}]", "evaluation.cutoffs=[1]")["metric"]
    metric = components(config, "metric")[name]
    assert [one.mean for one in measure([metric], BEST)] == [metric.bounds[1]] == [1.0]
    worst = replace(BEST, ranks=10**6 * BEST.ranks, lists=0 * BEST.lists)
    assert metric.bounds[0] == 0.0 == round(measure([metric], worst)[0].mean, 5)


def test_coverage_is_the_share_of_the_catalogue_in_any_list():
    assert at(Coverage([2]), lists=tensor([[1, 2], [2, 3]]), facts=facts(6)) == 0.5


def test_padding_covers_nothing():
    assert at(Coverage([2]), lists=tensor([[1, PAD]]), facts=facts(2)) == 0.5


def test_gini_is_zero_where_all_items_have_the_same_share_and_one_where_one_item_has_all():
    assert at(Gini([2]), lists=tensor([[1, 2], [3, 4]]), facts=facts(4)) == pytest.approx(0)
    assert at(Gini([1]), lists=tensor([[3], [3]]), facts=facts(4)) == pytest.approx(1)


def test_an_item_with_a_quarter_of_the_training_part_has_two_bits_of_novelty():
    known = facts(3, counts=[0, 4, 8, 4])
    assert at(Novelty([1]), lists=tensor([[1], [2]]), facts=known).tolist() == [2, 1]


def test_an_item_that_training_never_met_counts_as_if_met_once():
    known = facts(2, counts=[0, 0, 8])
    assert at(Novelty([1]), lists=tensor([[1]]), facts=known).item() == 3


def test_lists_drawn_like_the_training_part_have_a_popularity_bias_of_one():
    known = facts(2, counts=[0, 1, 3])
    lists = tensor([[1], [2], [2], [2]])
    assert at(PopularityBias([1]), lists=lists, facts=known).mean().item() == pytest.approx(1)


def test_diversity_is_the_mean_share_of_genres_that_two_items_do_not_share():
    known = facts(3, genres=[[0, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]])
    found = at(Diversity([3]), lists=tensor([[1, 2, 3]]), facts=known)
    assert found.item() == pytest.approx((0.5 + 1 + 1) / 3)


def test_items_without_genres_are_in_no_pair():
    known = facts(3, genres=[[0], [1], [1], [0]])
    lists = tensor([[1, 2, 3], [1, 3, PAD]])
    assert at(Diversity([3]), lists=lists, facts=known).tolist() == [0, 0]


def test_without_any_genre_diversity_yields_nothing():
    outcome = replace(contract.sample(), facts=facts(40, genres=[[]] * 41))
    assert list(Diversity([10])(outcome)) == []


def test_the_genres_of_a_catalogue_become_a_table(tmp_path):
    rows = {"item": [1, 2, 3], "original_id": ["a", "b", "c"], "title": [""] * 3}
    frame = pl.DataFrame({**rows, "genres": ["Drama|War", "", "War"]})
    frame.write_csv(tmp_path / "catalogue.tsv", separator="\t", quote_style="never")
    nothing = torch.empty(0, dtype=torch.int64)
    data = Interactions("small", tmp_path, nothing, nothing, nothing, nothing, 4, "")
    found = read_genres(data).int().tolist()
    assert found == [[0, 0], [1, 1], [0, 0], [0, 1], [0, 0]]


def test_each_users_values_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "run[1]" / "users.parquet"
    path.parent.mkdir()
    values = tensor([0.1, 0.5], dtype=torch.float64)
    ids = pl.Series(["a", "007"])
    users = pl.DataFrame({"user": ids, "history_items": [3, 9]})
    write_users(
        path, users, [Measurement("a@1", values, True), Measurement("coverage@1", 0.3, True)]
    )
    assert torch.equal(read_users(path, "a@1"), values)
    assert pl.read_parquet(path, glob=False)["user"].to_list() == ["a", "007"]
    assert read_users(path, "history_items").tolist() == [3, 9]
    assert read_users(path, "coverage@1") is None
    assert read_users(tmp_path / "nowhere.parquet", "a@1") is None
