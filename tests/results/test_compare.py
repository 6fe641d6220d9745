import numpy as np
import pytest
import torch
from scipy import stats

from bam.errors import Mistake
from bam.results.compare import Difference, compare, difference
from bam.results.configuration import configurations
from bam.results.runs import runs


@pytest.fixture
def gains(tmp_path):
    return lambda metric="recall@10", **baseline: compare(
        configurations(runs(tmp_path)),
        {k.replace("__", "."): v for k, v in baseline.items()},
        metric,
    )


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
    flipped = stats.permutation_test(
        (gain,), np.mean, permutation_type="samples", n_resamples=20_000, rng=draw
    )
    assert found.p == pytest.approx(flipped.pvalue, abs=0.01) and 0.01 < found.p < 0.2


def test_equal_configurations_differ_by_nothing():
    same = torch.ones(2, 5)
    assert difference(same, same) == Difference(0.0, 0.0, 0.0, 1.0, users=5, seeds=2)


def test_a_user_without_a_value_is_no_comparison():
    with pytest.raises(Mistake, match=r"users without a value must be none .* got 1"):
        difference(torch.tensor([[0.1, float("nan"), 0.3]]), torch.zeros(1, 3))


def test_ranks_of_other_users_do_not_pair():
    with pytest.raises(Mistake, match="users must pair: the baseline has 4 users, got 5"):
        difference(torch.ones(1, 5), torch.ones(1, 4))


def test_p_and_interval_hold_for_all_comparisons_of_a_table_together(finished, gains):
    """After Bonferroni: with two comparisons, p is twice that of one, and the interval wider."""
    baseline = [99, 99, 1, 99, 99, 1] * 3
    for tau, ranks in ((0.5, [1, 99, 1, 99, 1, 1] * 3), (1, [99, 99, 1, 99, 99, 1] * 3)):
        finished(f"{tau}", ranks, selection__tau=tau)
    finished("baseline", baseline, selection__tau=2)
    gain = gains(selection__tau=2)[0]
    alone = stats.ttest_1samp([1.0, 0, 0, 0, 1, 0] * 3, 0)
    assert gain.p == pytest.approx(2 * alone.pvalue)
    assert (gain.low, gain.high) == pytest.approx(tuple(alone.confidence_interval(0.975)))


def test_a_corrected_p_is_at_most_1():
    one, other = torch.tensor([[1.0, 0, 0, 0]]), torch.tensor([[0, 1.0, 0, 0]])
    assert difference(one, other, comparisons=5).p == 1


@pytest.mark.parametrize(
    "other",
    [{"split": {"_target_": "bam.data.split.time_cut.TimeCut"}}, {"dataset__name": "large"}],
)
def test_what_is_split_or_drawn_otherwise_is_never_compared(finished, gains, other):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2, **other)
    assert gains(selection__tau=2) == {}


def test_one_user_is_no_comparison():
    with pytest.raises(Mistake, match="users must be two at least for a comparison, got 1"):
        difference(torch.ones(1, 1), torch.zeros(1, 1))


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


def test_data_that_are_read_otherwise_are_the_same_data_where_their_checksum_is(finished, gains):
    """A blended run opens what the run that it blends has prepared."""
    other = {"_target_": "bam.data.dataset.build.load.load", "folder": "data/x"}
    for name, changes in (("a", {}), ("b", {"dataset": other, "dim": 8})):
        folder = finished(name, **changes)
        (folder / "environment.json").write_text('{"data": "bf325955b423632e"}')
    assert len(gains(dim=8)) == 1


def test_an_option_of_any_group_may_be_the_baseline_by_its_name(finished, gains):
    for name, kind in (("none", "none.NoMemory"), ("transitions", "transitions.Transitions")):
        finished(name, overrides={"memory": name}, memory___target_=f"bam.model.memory.{kind}")
    assert len(gains(memory="none")) == 1


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"selection": "p"}, "one configuration; name more keys, got 'p, tau 0.5 and p"),
        ({"selection": "none"}, "meets, got selection=none: selection is hard or p$"),
        ({"selection": "hrd"}, "selection is hard or p; did you mean hard"),
        ({"selection.tau": 5}, "selection.tau is 0.5 or 2$"),
        ({"selection.taus": 1}, "none has selection.taus; did you mean selection.tau"),
        ({"selection": "hard", "selection.tau": 2}, "none meets all of it"),
        ({"selection": "[x"}, "must be a condition that some configuration meets"),
        ({"selection": "2001-99-99"}, "must be a condition that some configuration meets"),
    ],
)
def test_a_baseline_that_is_not_one_is_refused(finished, gains, condition, message):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    finished("c", choices={"selection": "hard"}, selection__tau=None)
    with pytest.raises(Mistake, match=message):
        gains(**condition)


def test_missing_ranks_are_named(finished, gains):
    (finished("a", selection__tau=0.5) / "ranks.npy").unlink()
    finished("b", selection__tau=2)
    with pytest.raises(Mistake, match=r"ranks\.npy: no such file"):
        gains(selection__tau=2)


def test_any_metric_with_a_value_for_each_user_is_compared(finished, gains):
    finished("a", selection__tau=0.5, users={"new@10": [0.5, 0.5, 1.0]})
    finished("b", selection__tau=2, users={"new@10": [0.5, 0.0, 0.0]})
    [gain] = gains("new@10", selection__tau=2).values()
    assert gain.mean == pytest.approx(0.5) and gain.users == 3


def test_a_run_that_kept_ranks_alone_is_compared_with_one_that_kept_values(finished, gains):
    finished("a", ranks=[1, 99], selection__tau=0.5, users={"recall@10": [1.0, 0.0]})
    finished("b", ranks=[99, 99], selection__tau=2)
    [gain] = gains("recall@10", selection__tau=2).values()
    assert gain.mean == 0.5


def test_a_configuration_without_the_metric_is_not_compared(finished, gains):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=1, users={"new@10": [1.0, 0.0]})
    finished("c", selection__tau=2, users={"new@10": [0.5, 0.0]})
    assert list(gains("new@10", selection__tau=2)) == [1]


def test_a_metric_of_all_lists_together_cannot_be_paired(finished, gains):
    for tau in (0.5, 2):
        finished(f"{tau}", selection__tau=tau, lists={"gini@10": 0.4})
    with pytest.raises(Mistake, match="metric must have a value for each user to be compared with"):
        gains("gini@10", selection__tau=2)
