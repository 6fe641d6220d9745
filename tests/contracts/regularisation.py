"""What every regularisation must do; a check takes make(weight)."""

import torch
from torch.nn.functional import pad

from bam.records import Candidates, Interests

B, K, D, L = 6, 3, 8, 5


def check_it_is_a_finite_number_of_at_least_zero_with_a_finite_gradient(make):
    for rows, interests in ((1, 1), (1, 3), (6, 1), (6, 3)):
        found, target = example(rows, interests)
        found.vectors.requires_grad_(), found.routing.requires_grad_()
        cost = make(1.0)(found, met_by(target))
        assert cost.shape == () and cost.isfinite() and cost > -1e-5
        cost.backward()
        gradients = [t.grad for t in (found.vectors, found.routing) if t.grad is not None]
        assert gradients and all(gradient.isfinite().all() for gradient in gradients)


def check_it_is_proportional_to_its_weight(make):
    found, target = example()
    once, thrice = (make(weight)(found, met_by(target)) for weight in (1.0, 3.0))
    assert once > 0
    torch.testing.assert_close(thrice, 3 * once)


def check_it_is_a_mean_over_rows(make):
    """A batch given twice costs what it cost once, so processes may see a part of it each."""
    found, target = example()
    twice = Interests(found.vectors.repeat(2, 1, 1), found.routing.repeat(2, 1, 1))
    torch.testing.assert_close(cost(make, twice, target.repeat(2, 1)), cost(make, found, target))


def check_the_order_of_rows_does_not_matter(make):
    found, target = example()
    turned = Interests(found.vectors.flip(0), found.routing.flip(0))
    torch.testing.assert_close(cost(make, turned, target.flip(0)), cost(make, found, target))


def check_the_order_of_interests_does_not_matter(make):
    found, target = example()
    turned = Interests(found.vectors.roll(1, 1), found.routing.roll(1, 1))
    torch.testing.assert_close(cost(make, turned, target), cost(make, found, target))


def check_padding_costs_nothing(make):
    """A batch cut to its longest history costs the same as one that is padded."""
    found, target = example()
    cut = Interests(found.vectors, found.routing)
    padded = Interests(found.vectors, pad(found.routing, (0, 2)))
    torch.testing.assert_close(cost(make, padded, target), cost(make, cut, target))


def example(rows=B, interests=K):
    """Interests of users, routed over L - 2 items, and the users' targets."""
    routing = torch.rand(rows, interests, L - 2).softmax(-1)
    return Interests(torch.randn(rows, interests, D), routing), torch.randn(rows, D)


def cost(make, found, target):
    return make(1.0)(found, met_by(target))


def met_by(target):
    """Candidates of these targets, without negatives."""
    batch, dim = target.shape
    return Candidates(
        target=target,
        negatives=torch.zeros(1, 0, dim),
        log_q=torch.zeros(1, 0),
        accidental_hit=torch.zeros(batch, 0).bool(),
        num_items=9,
        table=lambda: torch.randn(9, dim),
    )
