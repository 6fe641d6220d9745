"""What every loss must do: say who answers; a check takes make(weight).

A loss is judged by what its answer costs under sampled softmax.
"""

import torch

from bam.objective.likelihood.sampled_softmax import SampledSoftmax
from bam.objective.objective import cost
from bam.records import Candidates, Choice
from tests.histories import mixture_of

B, K, D, S = 5, 3, 4, 7
ALONE = Choice(torch.tensor([[0], [2], [1], [2], [0]]), torch.ones(B, 1))
SHARED = Choice(torch.arange(K).expand(B, K), torch.tensor([0.5, 0.3, 0.2]).expand(B, K))


def check_it_has_the_weight_it_is_given(make):
    assert make(3.0).weight == 3.0 and make(0.5).weight == 0.5


def check_the_weights_of_a_row_sum_to_one(make):
    for choice in (ALONE, SHARED):
        answer = make(1.0)(mixture(torch.randn(B, K, D)), choice)
        torch.testing.assert_close(answer.weight.sum(1), torch.ones(B))


def check_every_target_has_an_answer_of_its_own_user(make):
    """In value and gradient, a row costs what it costs alone."""
    vectors, items = torch.randn(B, K, D, requires_grad=True), candidates()
    for choice in (ALONE, SHARED):
        whole = cost_of(make, vectors, choice, items, slice(B))
        (gradient,) = torch.autograd.grad(whole, vectors)
        alone = [cost_of(make, vectors, choice, items, slice(row, row + 1)) for row in range(B)]
        torch.testing.assert_close(whole, sum(alone) / B)
        for row in range(B):
            (of_row,) = torch.autograd.grad(alone[row], vectors)
            assert not of_row[[other for other in range(B) if other != row]].any()
            torch.testing.assert_close(of_row[row] / B, gradient[row])


def check_the_order_of_interests_does_not_matter(make):
    vectors, items = torch.randn(B, K, D), candidates()
    for choice in (ALONE, SHARED):
        turned = Choice((choice.interest + 1) % K, choice.weight)
        torch.testing.assert_close(
            cost_of(make, vectors.roll(1, 1), turned, items, slice(B)),
            cost_of(make, vectors, choice, items, slice(B)),
        )


def check_a_step_against_its_gradient_lowers_its_cost(make):
    vectors, items = torch.randn(B, K, D, requires_grad=True), candidates()
    before = cost_of(make, vectors, ALONE, items, slice(B))
    (gradient,) = torch.autograd.grad(before, vectors, materialize_grads=True)
    assert gradient.flatten(1).any(1).all()
    assert cost_of(make, vectors - 0.01 * gradient, ALONE, items, slice(B)) < before


def candidates():
    table = torch.randn(9, D)
    return Candidates(
        target=table[torch.arange(B)],
        negatives=torch.randn(1, S, D),
        log_q=torch.zeros(1, S),
        accidental_hit=torch.zeros(B, S, dtype=torch.bool),
        num_items=9,
        table=lambda: table,
    )


def mixture(vectors):
    return mixture_of(vectors)


def cost_of(make, vectors, choice, items, rows):
    """Of some rows."""
    answer = make(1.0)(mixture(vectors[rows]), Choice(choice.interest[rows], choice.weight[rows]))
    part = Candidates(
        items.target[rows], items.negatives, items.log_q, items.accidental_hit[rows], 9, items.table
    )
    (nll,) = SampledSoftmax(0.0)([answer], part)
    return cost(answer, nll)
