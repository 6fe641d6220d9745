import numpy as np
import pytest
import torch
from scipy import stats

from bam.errors import Mistake
from bam.results.compare import Difference, compare, difference, holm
from bam.results.configuration import configurations
from bam.results.runs import runs


@pytest.fixture
def gains(tmp_path):
    return lambda metric="recall@10", **baseline: compare(
        configurations(runs(tmp_path)), {k.replace("__", "."): v for k, v in baseline.items()},
        metric)  # fmt: skip


def test_users_are_averaged_over_seeds_then_paired():
    one = torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    other = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    found = difference(one, other)  # gains 1, 0, -.5; sd .7638, t(2) 4.3027
    assert found.mean == pytest.approx(1 / 6)
    half = 4.3027 * 0.7638 / 3**0.5
    assert (found.low, found.high) == pytest.approx((1 / 6 - half, 1 / 6 + half), abs=1e-3)
    assert found.users == 3 and found.seeds == 2


def test_the_p_value_is_that_of_flipping_signs_at_random():
    draw = np.random.default_rng(0)
    gain = draw.choice([-1.0, 0.0, 1.0], p=[0.08, 0.82, 0.10], size=600)
    found = difference(torch.tensor(gain)[None], torch.zeros(1, 600).double())
    flipped = stats.permutation_test((gain,), np.mean, permutation_type="samples",
                                     n_resamples=20_000, rng=draw)  # fmt: skip
    assert found.p == pytest.approx(flipped.pvalue, abs=0.01) and 0.01 < found.p < 0.2


def test_equal_configurations_differ_by_nothing():
    same = torch.ones(2, 5)
    assert difference(same, same) == Difference(0.0, 0.0, 0.0, 1.0, users=5, seeds=2)


def test_ranks_of_other_users_do_not_pair():
    with pytest.raises(Mistake, match="ranks must pair: the baseline has 4 users, got 5"):
        difference(torch.ones(1, 5), torch.ones(1, 4))


def test_holm_multiplies_by_what_is_left_and_never_falls():
    found = {place: Difference(0.0, 0.0, 0.0, p, users=1, seeds=1)
             for place, p in enumerate([0.03, 0.01, 0.04, 0.6])}  # fmt: skip
    assert [one.p for one in holm(found).values()] == pytest.approx([0.09, 0.04, 0.09, 0.6])
    assert holm({}) == {}


def test_only_seeds_that_both_have_finished_are_compared(finished, gains):
    finished("a1", seed=1, ranks=[1, 1, 99], selection__tau=0.5)
    finished("a2", seed=2, ranks=[99, 99, 99], selection__tau=0.5)
    finished("b1", seed=1, ranks=[99, 1, 99], selection__tau=2)
    [gain] = gains(selection__tau=2).values()
    assert gain.mean == pytest.approx(1 / 3) and gain.seeds == 1


def test_without_a_seed_in_common_nothing_is_compared(finished, gains):
    finished("a", seed=1, selection__tau=0.5)
    finished("b", seed=2, selection__tau=2)
    assert gains(selection__tau=2) == {}


def test_each_configuration_meets_the_baseline_most_like_itself(finished, gains):
    for dim, hard, p in ((8, [99, 99], [1, 99]), (16, [1, 99], [1, 99])):
        finished(f"h{dim}", ranks=hard, choices={"selection": "hard"}, dim=dim, selection__tau=None)
        finished(f"p{dim}", ranks=p, dim=dim)
    assert [gain.mean for gain in gains(selection="hard").values()] == [0.5, 0]


def test_only_the_same_data_and_evaluation_are_compared(finished, gains):
    finished("a", choices={"selection": "hard"}, selection__tau=None)
    finished("b")
    finished("c", evaluation__protocol___target_="bam.evaluation.protocol.published.Published")
    finished("d", dataset__name="other", choices={"dataset": "other"})
    assert len(gains(selection="hard")) == 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"selection": "p"}, "one configuration; name more keys, got 'p, tau 0.5 and p"),
        ({"selection": "none"}, "must be what some configuration has"),
        ({"nix": 1}, "must be what some configuration has"),
        ({"selection": "hard", "metric": "x@10"}, "metric must be recall@N, ndcg@N or mrr"),
        ({"selection": "hard", "metric": "recall@"}, "metric must be recall@N, ndcg@N or mrr"),
        ({"selection": "hard", "metric": "recall@0"}, "metric must be recall@N, ndcg@N or mrr"),
    ],
)
def test_a_baseline_that_is_not_one_is_refused(finished, gains, asked, message):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    finished("c", choices={"selection": "hard"}, selection__tau=None)
    with pytest.raises(Mistake, match=message):
        gains(**asked)


def test_missing_ranks_are_named(finished, gains):
    (finished("a", selection__tau=0.5) / "ranks.npy").unlink()
    finished("b", selection__tau=2)
    with pytest.raises(Mistake, match=r"ranks\.npy: no such file"):
        gains(selection__tau=2)
