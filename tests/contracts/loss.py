"""What every loss must do, where nothing is drawn; a check takes make(weight)."""

import torch

from bam.records import Candidates, Mixture

B, K, D, S = 5, 3, 4, 7


def check_it_is_the_mean_of_what_its_rows_cost_alone(make):
    """In value and gradient."""
    vectors, met = example()
    whole = cost(make, vectors, met, slice(B))
    (gradient,) = torch.autograd.grad(whole, vectors)
    alone = [cost(make, vectors, met, slice(row, row + 1)) for row in range(B)]
    torch.testing.assert_close(whole, sum(alone) / B)
    for row in range(B):
        (own,) = torch.autograd.grad(alone[row], vectors)
        assert not own[[other for other in range(B) if other != row]].any()
        torch.testing.assert_close(own[row] / B, gradient[row])


def check_it_is_proportional_to_its_weight(make):
    vectors, met = example()
    once = cost(make, vectors, met, slice(B))
    torch.testing.assert_close(make(3.0)(mixture(vectors), met), 3 * once)


def check_the_order_of_interests_does_not_matter(make):
    vectors, met = example()
    turned = cost(make, vectors.roll(1, 1), met, slice(B))
    torch.testing.assert_close(turned, cost(make, vectors, met, slice(B)))


def check_a_step_against_its_gradient_lowers_it(make):
    vectors, met = example()
    before = cost(make, vectors, met, slice(B))
    (gradient,) = torch.autograd.grad(before, vectors)
    assert gradient.flatten(1).any(1).all()
    assert cost(make, vectors - 0.01 * gradient, met, slice(B)) < before


def example():
    vectors = torch.randn(B, K, D, requires_grad=True)
    table = torch.randn(9, D)
    met = Candidates(
        target=table[torch.arange(B)],
        negatives=torch.randn(1, S, D),
        log_q=torch.zeros(1, S),
        own=torch.zeros(B, S, dtype=torch.bool),
        num_items=9,
        table=lambda: table,
        log_sums=[],
    )
    return vectors, met


def mixture(vectors):
    return Mixture(vectors, vectors[:, :, :0], vectors)


def cost(make, vectors, met, rows):
    own = Candidates(met.target[rows], met.negatives, met.log_q, met.own[rows], 9, met.table, [])
    return make(1.0)(mixture(vectors[rows]), own)
