"""What every selection must do."""

from copy import deepcopy

import torch

DIM = 8  # of the interests that a selection is given
REPEATS = 3000  # of each row, where what is drawn is counted
TOLERANCE = 0.06  # of a share of 3000 draws: more than six standard deviations


def check_a_choice_names_interests_of_the_user(selection):
    for batch, interests in ((1, 1), (1, 4), (5, 1), (5, 4)):
        choice = selection(*rows(batch, interests))
        assert choice.interest.shape == choice.weight.shape and len(choice.interest) == batch
        assert choice.interest.min() >= 0 and choice.interest.max() < interests


def check_the_weights_of_a_choice_sum_to_one(selection):
    for batch, interests in ((1, 1), (1, 4), (5, 1), (5, 4)):
        weight = selection(*rows(batch, interests)).weight
        assert weight.min() >= 0
        torch.testing.assert_close(weight.sum(1), torch.ones(batch))


def check_a_row_does_not_depend_on_the_others(selection):
    """The share of each interest is that of the row alone; exactly so, where nothing is drawn."""
    vectors, target, _ = rows(6, 4)
    together = shares(selection, vectors, target)
    exact = torch.equal(together, shares(selection, vectors, target))
    for row in range(6):
        alone = shares(selection, vectors[row : row + 1], target[row : row + 1])[0]
        tolerance = 1e-5 if exact else TOLERANCE
        both = f"row {row}: {together[row].tolist()} in a batch, {alone.tolist()} alone"
        assert (together[row] - alone).abs().max() < tolerance, both


def rows(batch, interests):
    """Interests and targets; each target has another history."""
    return torch.randn(batch, interests, DIM), torch.randn(batch, DIM), torch.arange(batch)


@torch.no_grad()
def shares(selection, vectors, target):
    """How much each interest of each row answers on average [B K]."""
    B, K, _ = vectors.shape
    place = torch.arange(REPEATS * B)
    choice = deepcopy(selection)(vectors.repeat(REPEATS, 1, 1), target.repeat(REPEATS, 1), place)
    interest = choice.interest % K  # that there is such an interest is another rule
    share = torch.zeros(REPEATS * B, K).scatter_add_(1, interest, choice.weight)
    return share.view(REPEATS, B, K).mean(0)
