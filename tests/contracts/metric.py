"""What every metric must do; a check takes a metric with cutoffs of at most 10.

A metric of ranks needs no lists (list_length 0). Ranks count from 1; 0 where a user has fewer
targets than others. What each interest finds by itself is in every outcome, and is not read by a
metric that does not need it.
"""

from dataclasses import replace
from math import isfinite

import torch

from bam.evaluation.facts import ItemFacts
from bam.evaluation.outcome import Outcome
from bam.evaluation.queries import Queries, cosines
from bam.records import PAD

USERS, ITEMS, LISTED, INTERESTS = 60, 40, 12, 3


def check_every_value_is_a_number_within_the_bounds(metric):
    lowest, highest = metric.bounds
    for outcome in every_outcome():
        for value in values(metric, outcome).values():
            assert all(map(isfinite, value)), value
            assert lowest - 1e-12 <= min(value) and max(value) <= highest + 1e-12, value


def check_a_value_is_one_number_or_one_of_each_user_in_float64(metric):
    for outcome in (sample(), one_user(sample())):
        for _, value in metric(outcome):
            if isinstance(value, torch.Tensor):
                assert value.shape == (len(outcome.ranks),) and value.dtype == torch.float64
            else:
                assert isinstance(value, float)


def check_the_names_differ_and_do_not_depend_on_the_users(metric):
    names = [name for name, _ in metric(sample())]
    assert names and len(set(names)) == len(names)
    assert names == [name for name, _ in metric(one_user(sample()))]


def check_a_user_does_not_depend_on_the_others(metric):
    together = values(metric, sample(), of_users=True)
    for user in range(USERS):
        alone = values(metric, one_user(sample(), user), of_users=True)
        for name, value in alone.items():
            assert abs(value[0] - together[name][user]) < 1e-12


def check_the_order_of_users_does_not_matter(metric):
    outcome = sample()
    turned = of_users(outcome, torch.arange(USERS).flip(0))
    for name, value in values(metric, outcome).items():
        torch.testing.assert_close(values(metric, turned)[name][::-1], value, rtol=0, atol=1e-12)


def check_lists_are_needed_as_far_as_it_announces(metric):
    """At validation there are no lists, and facts are not read."""
    outcome = sample()
    if metric.list_length == 0:
        blind = replace(outcome, lists=outcome.lists[:, :0], facts=unreadable())
    else:
        blind = replace(outcome, lists=outcome.lists[:, : metric.list_length])
    assert values(metric, blind) == values(metric, outcome)


def check_what_an_interest_finds_alone_is_read_as_it_announces(metric):
    outcome = sample()
    better = outcome.queries.rank.clamp(max=1)
    kinds = [Queries.none(outcome.ranks), replace(outcome.queries, rank=better)]
    if not metric.needs_queries:
        for other in kinds:
            other = replace(outcome, queries=other)
            assert values(metric, other) == values(metric, outcome)


def check_other_lists_have_other_values(metric):
    outcome = sample()
    other = replace(outcome, lists=outcome.lists.clamp(max=ITEMS // 3))
    if metric.list_length:
        assert values(metric, other) != values(metric, outcome)


def check_a_better_rank_is_never_worse_and_the_first_is_better_than_the_last(metric):
    if metric.list_length or metric.needs_queries:
        return
    sign = 1 if metric.higher_is_better else -1
    outcome = sample()
    found = values(metric, outcome)
    for target in range(outcome.ranks.shape[1]):
        better = values(metric, replace(outcome, ranks=with_one_better(outcome.ranks, target)))
        for name, value in better.items():
            pairs = zip(value, found[name], strict=True)
            assert all(sign * (now - before) >= -1e-12 for now, before in pairs), name
    best, worst = (
        values(metric, replace(one_user(outcome), ranks=torch.tensor([[rank]])))
        for rank in (1, 10**6)
    )
    assert all(sign * (best[name][0] - worst[name][0]) > 0 for name in best)


def check_targets_that_a_user_has_not_do_not_count(metric):
    outcome = sample()
    wider = torch.cat([outcome.ranks, torch.zeros(USERS, 2, dtype=torch.int64)], 1)
    queries = Queries.concatenated([outcome.queries], wider.shape[1])
    wider = replace(outcome, ranks=wider, queries=queries)
    assert values(metric, wider) == values(metric, outcome)


def check_the_order_of_targets_does_not_matter(metric):
    outcome = sample()
    queries = replace(outcome.queries, rank=outcome.queries.rank.flip(1))
    turned = values(metric, replace(outcome, ranks=outcome.ranks.flip(1), queries=queries))
    for name, value in values(metric, outcome).items():
        torch.testing.assert_close(turned[name], value, rtol=0, atol=1e-12)


def values(metric, outcome, of_users=False):
    """Each name's values as a list: of each user, or one number (left out for of_users)."""
    found = dict(metric(outcome))
    return {
        name: value.tolist() if isinstance(value, torch.Tensor) else [value]
        for name, value in found.items()
        if isinstance(value, torch.Tensor) or not of_users
    }


def every_outcome():
    """The usual one, and those at which a division or a logarithm may fail."""
    usual, facts = sample(), sample().facts
    no_items = torch.full_like(usual.lists, PAD)
    nobody = torch.zeros(ITEMS + 1, dtype=torch.int64)
    no_genres = torch.zeros(ITEMS + 1, 3, dtype=torch.bool)
    yield usual
    yield one_user(usual)
    yield replace(usual, ranks=usual.ranks + 1000 * (usual.ranks > 0))  # no hit
    yield replace(usual, lists=no_items)
    yield replace(usual, facts=replace(facts, counts=lambda: nobody))
    yield replace(usual, facts=replace(facts, genres=lambda: no_genres))
    yield replace(usual, facts=replace(facts, genres=lambda: no_genres[:, :0]))
    for items in (1, 2, 3):  # a list of the whole catalogue, and padding behind it
        lists = torch.tensor([[*range(1, items + 1), PAD]])
        tiny = ItemFacts(items, lambda n=items: torch.arange(n + 1), lambda n=items: eye(n))
        yield Outcome(torch.tensor([[1]]), lists, queries_of(torch.tensor([[1]])), tiny)


def sample():
    """Of users with one to three targets, of which no two have one rank; some lists are short."""
    random = torch.Generator().manual_seed(0)
    ranks = torch.stack([torch.randperm(25, generator=random)[:3] + 1 for _ in range(USERS)])
    ranks[::3, 1:] = 0
    ranks[1::3, 0] = 0
    lists = [torch.randperm(ITEMS, generator=random)[:LISTED] + 1 for _ in range(USERS)]
    lists = torch.stack(lists)
    lists[::7, 4:] = PAD
    counts = torch.randint(0, 9, (ITEMS + 1,), generator=random)
    counts[PAD] = 0
    genres = torch.rand(ITEMS + 1, 5, generator=random) < 0.3
    genres[PAD] = False
    facts = ItemFacts(ITEMS, lambda: counts, lambda: genres)
    return Outcome(ranks, lists, queries_of(ranks), facts)


def queries_of(ranks):
    """Each interest ranks each target somewhere; of some users two interests are equal."""
    random = torch.Generator().manual_seed(1)
    users, targets = ranks.shape
    rank = torch.randint(1, 25, (users, targets, INTERESTS), generator=random)
    vectors = torch.randn(users, INTERESTS, 4, generator=random)
    vectors[::3, 1] = vectors[::3, 0]
    weight = torch.rand(users, INTERESTS, generator=random).softmax(1)
    return Queries(rank * (ranks > 0)[..., None], weight, cosines(vectors))


def one_user(outcome, user=0):
    return of_users(outcome, torch.tensor([user]))


def of_users(outcome, users):
    queries = outcome.queries.select(users)
    return replace(outcome, ranks=outcome.ranks[users], lists=outcome.lists[users], queries=queries)


def with_one_better(ranks, target):
    """One target a place further up, where no other target of the user is."""
    free = (ranks[:, target] > 1) & (ranks != ranks[:, target, None] - 1).all(1)
    assert free.any()
    better = ranks.clone()
    better[free, target] -= 1
    return better


def unreadable():
    def fail():
        raise AssertionError("a metric of ranks must not read facts")

    return ItemFacts(0, fail, fail)


def eye(items):
    return torch.eye(items + 1, dtype=torch.bool)
