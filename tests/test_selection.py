"""Every option of conf/selection, and in what proportion each chooses."""

import pytest
import torch

from bam.experiment.compose import build
from bam.mistake import Mistake
from bam.selection.hard import Hard
from bam.selection.soft import Soft
from tests.conftest import options


@pytest.fixture(params=options("selection"))
def selection(request, configured):
    return build(configured(f"selection={request.param}", "dim=8")["selection"], "selection")


@pytest.mark.parametrize(("batch", "interests"), [(1, 1), (1, 4), (5, 1), (5, 4)])
def test_a_choice_names_real_interests_and_its_weights_sum_to_one(selection, batch, interests):
    choice = selection(torch.randn(batch, interests, 8), torch.randn(batch, 8))
    assert choice.interest.shape == choice.weight.shape and len(choice.interest) == batch
    assert choice.interest.min() >= 0 and choice.interest.max() < interests
    torch.testing.assert_close(choice.weight.sum(1), torch.ones(batch))


def test_hard_selection_takes_the_interest_closest_to_the_target():
    vectors = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]])
    assert Hard()(vectors, torch.tensor([[0.1, 0.9]])).interest.tolist() == [[1]]
    assert Hard()(vectors, torch.tensor([[-0.9, 0.1]])).interest.tolist() == [[2]]


@pytest.mark.parametrize("tau", [0.5, 1.0, 3.0])
def test_soft_draws_in_proportion_to_exp_of_tau_times_the_correlation(tau):
    vectors = torch.tensor([[[1.0], [0.0], [-0.5]]]).expand(60_000, -1, -1)
    drawn = Soft(tau)(vectors, torch.ones(60_000, 1)).interest[:, 0]
    share = torch.bincount(drawn, minlength=3) / len(drawn)
    expected = (tau * torch.tensor([1.0, 0.0, -0.5])).softmax(0)
    torch.testing.assert_close(share, expected, atol=0.01, rtol=0)


def test_a_large_tau_is_hard_selection():
    vectors, target = torch.randn(50, 4, 8), torch.randn(50, 8)
    torch.testing.assert_close(
        Soft(1e4)(vectors, target).interest, Hard()(vectors, target).interest
    )


@pytest.mark.parametrize("tau", [0.0, -1.0, float("nan")])
def test_tau_that_is_not_above_zero_is_refused(tau):
    with pytest.raises(Mistake, match="tau must be above 0, got"):
        Soft(tau)
