"""What every likelihood must do, whether it looks at negatives or at the whole catalogue.

A likelihood that uses the negatives of a step must use them by these rules; one that does not must
not depend on them at all. Which of both it is shows in what it does.
"""

from dataclasses import replace

import torch

from bam.errors import Mistake
from bam.records import Answer, Candidates

B, K, D, S, V = 3, 4, 6, 7, 9
TOGETHER = torch.arange(K).expand(B, 1, K)
ALONE = torch.arange(K)[:, None].expand(B, K, 1)
PAIRS = torch.tensor([[0, 2], [3, 1], [1, 1]]).expand(B, 3, 2)


def check_the_own_target_never_counts_as_a_negative(likelihood):
    for met in (candidates(1), candidates(B)):
        found = nll(likelihood, vectors := torch.randn(B, K, D), met)
        for row in range(B):
            own, part = met.accidental_hit[row], row % len(met.negatives)
            negatives, log_q = met.negatives.clone(), met.log_q.clone()
            negatives[part, own] = 3 * torch.randn(int(own.sum()), D)
            log_q[part, own] += 1
            changed = replace(met, negatives=negatives, log_q=log_q)
            torch.testing.assert_close(nll(likelihood, vectors, changed)[row], found[row])


def check_log_q_is_taken_from_the_scores_of_the_negatives_alone(likelihood):
    """<m, e> - log_q is one product: of (m, -1) and (e, log_q), where the target has (e, 0)."""
    met, vectors = candidates(B), torch.randn(B, K, D)
    corrected = nll(likelihood, vectors, met, ALONE)
    if not uses_negatives(likelihood):
        plain = replace(met, log_q=torch.zeros_like(met.log_q))
        assert torch.equal(corrected, nll(likelihood, vectors, plain, ALONE))
        return
    wider = replace(
        met,
        negatives=torch.cat([met.negatives, met.log_q[..., None]], -1),
        target=torch.cat([met.target, torch.zeros(B, 1)], -1),
        log_q=torch.zeros_like(met.log_q),
    )
    longer = torch.cat([vectors, -torch.ones(B, K, 1)], -1)
    torch.testing.assert_close(nll(likelihood, longer, wider, ALONE), corrected)


def check_a_row_does_not_depend_on_the_others(likelihood):
    """In value and gradient, with negatives that the batch shares or that each row has."""
    for met in (candidates(1), candidates(B)):
        vectors = torch.randn(B, K, D, requires_grad=True)
        for group in (TOGETHER, ALONE, PAIRS):
            for row in range(B):
                found = nll(likelihood, vectors, met, group)[row]
                (gradient,) = torch.autograd.grad(found.sum(), vectors)
                one = slice(row, row + 1)
                own = vectors[one].detach().requires_grad_()
                alone = nll(likelihood, own, row_of(met, one), group[one])[0]
                torch.testing.assert_close(alone, found)
                torch.testing.assert_close(torch.autograd.grad(alone.sum(), own)[0], gradient[one])
                others = [other for other in range(B) if other != row]
                assert not gradient[others].any()


def check_a_higher_score_of_the_target_costs_less(likelihood):
    met, vectors = candidates(1), torch.randn(B, K, D)
    closer = replace(met, target=met.target + 0.1 * vectors[:, 0])
    first = torch.zeros(B, 1, 1, dtype=torch.int64)
    assert (nll(likelihood, vectors, closer, first) < nll(likelihood, vectors, met, first)).all()


def check_a_row_whose_every_negative_is_its_target_is_finite(likelihood):
    met, vectors = candidates(1), torch.randn(B, K, D, requires_grad=True)
    found = nll(
        likelihood, vectors, replace(met, accidental_hit=torch.ones_like(met.accidental_hit))
    )
    assert found.isfinite().all()
    (gradient,) = torch.autograd.grad(found.sum(), vectors)
    assert gradient.isfinite().all()


def check_no_negatives_at_all_are_refused_by_a_likelihood_that_uses_them(likelihood):
    none = row_of(candidates(1), slice(B), negatives=0)
    if uses_negatives(likelihood):
        try:
            nll(likelihood, torch.randn(B, K, D), none)
        except Mistake as mistake:
            assert "needs negatives" in str(mistake)
        else:
            raise AssertionError("a likelihood that uses negatives went without any")
    else:
        assert nll(likelihood, torch.randn(B, K, D), none).isfinite().all()


def check_it_depends_on_the_negatives_or_on_the_catalogue(likelihood):
    met, vectors = candidates(1), torch.randn(B, K, D)
    others = torch.randn(V, D)
    moved = replace(met, negatives=torch.randn_like(met.negatives), table=lambda: others)
    found = nll(likelihood, vectors, met) != nll(likelihood, vectors, moved)
    assert found.all()


def check_nothing_in_it_is_trained_or_saved(likelihood):
    assert not list(likelihood.parameters()) and not likelihood.state_dict()


def candidates(rows):
    """Drawn from a catalogue, and each row's own target is among its negatives."""
    table = torch.randn(V, D)
    target, ids = torch.tensor([2, 7, 4]), torch.randint(V, (rows, S))
    ids[:, [1, 3, 6]] = target
    return Candidates(
        target=table[target],
        negatives=table[ids],
        log_q=torch.randn(rows, S),
        accidental_hit=(ids == target[:, None]).expand(B, S),
        num_items=V,
        table=lambda: table,
    )


def row_of(met, rows, negatives=S):
    """Some rows of the candidates, with their first negatives."""
    own = rows if len(met.negatives) > 1 else slice(None)
    return replace(met, target=met.target[rows], negatives=met.negatives[own, :negatives],
                   log_q=met.log_q[own, :negatives],
                   accidental_hit=met.accidental_hit[rows, :negatives])  # fmt: skip


def nll(likelihood, vectors, met, group=TOGETHER):
    B, G, _ = group.shape
    answer = Answer(vectors, group, None, torch.full((B, G), 1 / G))
    (found,) = likelihood([answer], met)
    return found


def uses_negatives(likelihood):
    """Whether other negatives cost something else."""
    met, vectors = candidates(1), torch.randn(B, K, D)
    other = replace(met, negatives=torch.randn_like(met.negatives))
    return not torch.equal(nll(likelihood, vectors, met), nll(likelihood, vectors, other))
