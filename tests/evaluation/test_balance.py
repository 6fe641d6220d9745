import math

import pytest
import torch
from torch import tensor

from bam.evaluation.balance import pairwise_cosine, shares, summary, winners
from tests.histories import mixture_of


def test_the_winner_is_the_interest_that_scores_the_target_highest():
    vectors = tensor([[[1.0, 0.0], [0.0, 1.0]]])
    mixture = mixture_of(vectors)
    assert winners(mixture, tensor([[[0.2, 0.9], [0.9, 0.2]]])).tolist() == [[1, 0]]


def test_cosine_is_the_mean_over_pairs():
    vectors = tensor([[[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]], [[1.0, 1.0]] * 3])
    expected = [(0 + 2 * math.sqrt(0.5)) / 3, 1.0]
    assert pairwise_cosine(vectors).tolist() == pytest.approx(expected)
    assert pairwise_cosine(vectors[:, :1]).tolist() == [1.0, 1.0]  # one interest is like itself


def test_an_even_share_has_full_entropy_and_a_single_winner_has_none():
    even = summary(tensor([0, 1, 2, 3]), torch.ones(1).double(), 4)
    assert even["entropy"] == pytest.approx(1) and even["effective"] == pytest.approx(4)
    alone = summary(tensor([2, 2]), torch.ones(1).double(), 4)
    assert alone["share"] == [0, 0, 1, 0] and alone["entropy"] == pytest.approx(0)
    assert alone["effective"] == pytest.approx(1)


def test_gini_is_0_for_an_even_share_and_grows_with_one_winner():
    one = torch.ones(1).double()
    assert summary(tensor([0, 1, 2, 3]), one, 4)["gini"] == pytest.approx(0)
    assert summary(tensor([2, 2]), one, 4)["gini"] == pytest.approx(3 / 4)
    assert summary(tensor([0, 0, 0, 1]), one, 2)["gini"] == pytest.approx(1 / 4)


def test_an_interest_that_wins_less_than_a_fiftieth_of_its_even_share_is_dead():
    winner = tensor([0] * 149 + [1] * 50 + [2])  # shares .745, .25, .005, 0; a fiftieth is .005
    assert summary(winner, torch.ones(1).double(), 4)["dead"] == 1
    assert summary(tensor([0, 1]), torch.ones(1).double(), 2)["dead"] == 0


def test_the_summary_has_the_mean_cosine_over_users():
    assert summary(tensor([0, 1]), tensor([0.25, 0.5, 0.0]).double(), 2)["cosine"] == 0.25


def test_shares_count_every_place_of_every_list():
    assert shares(tensor([[0, 0, 1], [2, 0, 1]]), 4).tolist() == pytest.approx(
        [1 / 2, 1 / 3, 1 / 6, 0]
    )
