"""Metrics that are wrong on purpose."""

import torch

from bam.evaluation.metrics import mrr, ndcg, recall
from tests.contracts.metrics import CUTOFF


def hits(rank):
    """The number of targets found, which may be above one."""
    return ((rank > 0) & (rank <= CUTOFF)).double().sum(1)


def of_the_list(rank):
    """Precision: the best list of three targets has 0.3."""
    return hits(rank) / CUTOFF


def worse_is_better(rank):
    """One target of three counts for more than two."""
    found = recall(rank, CUTOFF)
    return torch.where(found == 1, 1.0, found * (1 - found) ** 2)


def of_the_batch(rank):
    """As a share of what the best user has."""
    found = ndcg(rank, CUTOFF)
    return found / found.max().clamp(min=1e-6) * (found.max() > 1e-3)


def counts_missing_targets(rank):
    """Targets that a user has not are in the mean."""
    found = ((rank > 0) & (rank <= CUTOFF)).double()
    return found.mean(1)


def first_target(rank):
    """Only the first target counts."""
    first = rank[:, 0]
    return torch.where(first > 0, 1 / first.clamp(min=1).double(), mrr(rank))


def in_float32(rank):
    """Sums over millions of users lose their last digits."""
    return recall(rank, CUTOFF).float()


RANGE = "check_it_is_from_zero_to_one"
BEST = "check_the_best_ranks_have_one_and_ranks_beyond_all_lists_next_to_nothing"
BETTER = "check_a_better_rank_never_lowers_it"
REFUSED = {
    hits: {RANGE, BEST},
    of_the_list: {BEST},
    worse_is_better: {BETTER},
    of_the_batch: {"check_a_user_does_not_depend_on_the_others"},
    counts_missing_targets: {"check_targets_that_a_user_has_not_do_not_count"},
    first_target: {"check_the_order_of_targets_does_not_matter"},
    in_float32: {"check_it_is_computed_in_float64"},
}
