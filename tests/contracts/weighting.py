"""What every weighting must do: how much each interest of a user counts."""

import torch

from tests.histories import mixture_of

DIM = 4


def check_the_weights_of_a_user_sum_to_one(weighting):
    for interests in (1, 3):
        weight = weights(weighting, *example(interests=interests))
        assert weight.shape == (5, interests) and weight.min() >= 0
        torch.testing.assert_close(weight.sum(1), torch.ones(5))


def check_a_row_does_not_depend_on_the_others(weighting):
    vectors, log_weight, history, real = example()
    together = weights(weighting, vectors, log_weight, history, real)
    for row in range(5):
        own = slice(row, row + 1)
        alone = weights(weighting, vectors[own], log_weight[own], history[own], real[own])
        torch.testing.assert_close(alone[0], together[row])


def check_padding_does_not_count(weighting):
    vectors, log_weight, history, real = example()
    other = torch.where(real[..., None], history, torch.randn_like(history))
    torch.testing.assert_close(
        weights(weighting, vectors, log_weight, other, real),
        weights(weighting, vectors, log_weight, history, real),
    )


def check_a_weight_goes_with_its_interest(weighting):
    vectors, log_weight, history, real = example()
    turned = weights(weighting, vectors.roll(1, 1), log_weight.roll(1, 1), history, real)
    before = weights(weighting, vectors, log_weight, history, real)
    torch.testing.assert_close(turned, before.roll(1, 1))


def example(interests=3):
    """Vectors and log weights, and histories of 1 to 5 items."""
    vectors, history = torch.randn(5, interests, DIM), torch.randn(5, 5, DIM)
    log_weight = torch.randn(5, interests).log_softmax(1)
    return vectors, log_weight, history, torch.arange(5) <= torch.arange(5)[:, None]


def weights(weighting, vectors, log_weight, history, real):
    return weighting(mixture_of(vectors, log_weight), history, real)
