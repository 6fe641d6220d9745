"""What every metric of ranks must do; a check takes a function from ranks [U T] to numbers [U].

A rank is counted from 1, and 0 where a user has fewer targets than others.
"""

import math

import torch

CUTOFF = 10
LISTS = 300


def check_it_is_from_zero_to_one(metric):
    found = metric(ranks())
    assert found.shape == (LISTS,) and found.min() >= 0 and found.max() <= 1


def check_the_best_ranks_have_one_and_ranks_beyond_all_lists_next_to_nothing(metric):
    best, worst = torch.tensor([[1, 2, 3]]), torch.tensor([[10**6, 10**6 + 1, 0]])
    assert metric(best).item() == 1 and metric(worst).item() < 1e-5


def check_a_better_rank_never_lowers_it(metric):
    rank = ranks()
    found = metric(rank)
    for target in range(rank.shape[1]):
        better = rank.clone()
        free = (better[:, target] > 1) & (better != better[:, target, None] - 1).all(1)
        better[free, target] -= 1
        assert (metric(better) >= found - 1e-12).all()
        assert free.any()


def check_a_user_does_not_depend_on_the_others(metric):
    rank = ranks()
    found = metric(rank)
    for user in range(LISTS):
        assert metric(rank[user : user + 1])[0] == found[user]


def check_targets_that_a_user_has_not_do_not_count(metric):
    rank = ranks()
    wider = torch.cat([rank, torch.zeros(LISTS, 2, dtype=rank.dtype)], 1)
    assert torch.equal(metric(wider), metric(rank))


def check_the_order_of_targets_does_not_matter(metric):
    rank = ranks()
    torch.testing.assert_close(metric(rank.flip(1)), metric(rank))


def check_it_is_computed_in_float64(metric):
    assert metric(ranks()).dtype == torch.float64


def ranks():
    """Of users with one to three targets, none of which share a rank."""
    random = torch.Generator().manual_seed(0)
    rows = [torch.randperm(25, generator=random)[:3] + 1 for _ in range(LISTS)]
    rank = torch.stack(rows)
    rank[::3, 1:] = 0
    rank[1::3, 0] = 0
    return rank


def differs_from(oracle, metric):
    """Users whose number is not that of the oracle, which has one user's ranks at a time."""
    rank = ranks()
    expected = [oracle([r for r in row if r], CUTOFF) for row in rank.tolist()]
    pairs = enumerate(zip(metric(rank).tolist(), expected, strict=True))
    return [user for user, (a, b) in pairs if not math.isclose(a, b, rel_tol=1e-12)]


def recall(rank, n):
    return sum(r <= n for r in rank) / len(rank)


def ndcg(rank, n):
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(len(rank), n) + 1))
    return sum(1 / math.log2(r + 1) for r in rank if r <= n) / ideal


def mrr(rank, n):
    return 1 / min(rank)


# by the name before the @
ORACLES = {"recall": recall, "ndcg": ndcg, "mrr": mrr}
