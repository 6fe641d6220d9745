import math

import pytest
import torch
from torch import tensor

from bam.balance import pairwise_cosine, summary, winners


def test_the_winner_is_the_interest_that_scores_the_target_highest():
    vectors = tensor([[[1.0, 0.0], [0.0, 1.0]]])
    assert winners(vectors, tensor([[[0.2, 0.9], [0.9, 0.2]]])).tolist() == [[1, 0]]


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
