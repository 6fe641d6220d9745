"""What every similarity must do."""

import torch

DIM = 4


def check_a_row_does_not_depend_on_the_others(similarity):
    x = torch.randn(2, 3, DIM)
    for found, alone in zip(similarity(x).flatten(0, 1), x.flatten(0, 1), strict=True):
        torch.testing.assert_close(similarity(alone), found)


def check_a_row_of_zeros_stays_and_has_a_finite_gradient(similarity):
    x = torch.zeros(2, DIM, requires_grad=True)
    found = similarity(x)
    found.sum().backward()
    assert not found.any() and x.grad is not None and bool(x.grad.isfinite().all())


def check_a_row_keeps_its_direction(similarity):
    """So that the interest closest to a target is the same before and after."""
    x = torch.randn(5, DIM)
    found = similarity(x)
    cosine = torch.cosine_similarity(x, found, dim=-1)
    torch.testing.assert_close(cosine, torch.ones(5))


def check_nothing_in_it_is_trained_or_saved(similarity):
    """So a checkpoint has the same names under each."""
    assert not similarity.state_dict() and not list(similarity.parameters())
