"""What every regularisation must do; a check takes make(weight)."""

import torch

from bam.records import Candidates
from tests.histories import of_rows, prediction, with_padding, with_turned_interests

B, K, D, L = 6, 3, 8, 5


def check_it_is_a_finite_number_of_at_least_zero_with_a_finite_gradient(make):
    for rows, interests in ((1, 1), (1, 3), (6, 1), (6, 3)):
        made = example(rows, interests)
        leaves = [made.mixture.vectors, made.mixture.routing, made.mixture.log_weight]
        for leaf in leaves:
            leaf.requires_grad_()
        found = cost(make, made)
        assert found.shape == () and found.isfinite() and found > -1e-5
        found.backward()
        leaves += made.backbone.parameters()
        gradients = [leaf.grad for leaf in leaves if leaf.grad is not None]
        assert gradients and all(gradient.isfinite().all() for gradient in gradients)


def check_it_is_proportional_to_its_weight(make):
    made = example()
    once, thrice = (cost(make, made, weight) for weight in (1.0, 3.0))
    assert once > 0
    torch.testing.assert_close(thrice, 3 * once)


def check_what_it_draws_follows_from_the_seed_of_torch(make):
    """So that a resumed run continues with the same draws."""
    made = example()
    torch.testing.assert_close(cost(make, made), cost(make, made))


def check_it_is_a_mean_over_rows(make):
    """A batch given twice costs what it cost once, so processes may see a part of it each."""
    made = example()
    twice = of_rows(made, torch.arange(B).repeat(2))
    torch.testing.assert_close(cost(make, twice), cost(make, made))


def check_the_order_of_rows_does_not_matter(make):
    made = example()
    turned = of_rows(made, torch.arange(B).flip(0))
    torch.testing.assert_close(cost(make, turned), cost(make, made))


def check_the_order_of_interests_does_not_matter(make):
    made = example()
    torch.testing.assert_close(cost(make, with_turned_interests(made)), cost(make, made))


def check_padding_costs_nothing(make):
    """A batch cut to its longest history costs the same as one that is padded."""
    made = example()
    torch.testing.assert_close(cost(make, with_padding(made, 2)), cost(make, made))


def cost(make, made, weight=1.0):
    """Of a new term, with the same first weights and the same draws at each call."""
    torch.manual_seed(0)
    return make(weight)(made)


def example(rows=B, interests=K):
    """Interests of users, routed over L - 2 items, and the users' targets."""
    routing = torch.rand(rows, interests, L - 2).softmax(-1)
    return prediction(torch.randn(rows, interests, D), met_by(torch.randn(rows, D)), routing)


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
