"""What every merge must do: how the lists of K interests become one list."""

import torch

from bam.evaluation.balance import winners
from bam.model.additions import Additions
from bam.model.aggregation.maximum import Maximum
from bam.records import PAD
from bam.serving.found import Found
from bam.serving.search import Exact, exclude
from tests.histories import mixture_of

USERS, DIM, ITEMS = 4, 4, 30
SEEN = [torch.tensor([1, 2, 3]), torch.tensor([30]), torch.arange(1, 9), torch.tensor([7, 7])]


def check_a_list_has_n_items_or_all_that_there_are(merge):
    for n in (1, 5, ITEMS + 3):
        item = merge(example(), n).item
        there = torch.tensor([ITEMS - len(seen.unique()) for seen in SEEN])
        assert item.shape[1] <= n
        assert torch.equal((item != PAD).sum(1), there.clamp(max=n))


def check_no_item_comes_twice(merge):
    for row in merge(example(), ITEMS + 3).item:
        listed = row[row != PAD]
        assert len(listed.unique()) == len(listed)


def check_an_excluded_item_never_comes(merge):
    for row, seen in zip(merge(example(), ITEMS + 3).item, SEEN, strict=True):
        assert not torch.isin(row, seen).any()


def check_a_list_is_ordered_by_its_priority(merge):
    merged = merge(example(), ITEMS + 3)
    assert (merged.priority[:, 1:] <= merged.priority[:, :-1]).all()
    assert torch.equal(merged.priority == -torch.inf, merged.item == PAD)


def check_an_item_has_the_score_of_the_interest_that_brings_it(merge):
    found = example()
    merged = merge(found, 10)
    vectors = found.mixture.vectors.take_along_dim(merged.interest[..., None], 1)
    gate = found.mixture.log_weight.gather(1, merged.interest)
    expected = (vectors * table()[merged.item]).sum(2) + gate
    torch.testing.assert_close(merged.score, expected)


def check_a_row_does_not_depend_on_the_others(merge):
    together = merge(example(), 10)
    for row in range(USERS):
        alone = merge(example([row]), 10)
        assert torch.equal(alone.item[0], together.item[row])


def check_an_interest_without_weight_brings_nothing(merge):
    merged = merge(example(without=1), ITEMS)
    assert not (merged.interest[merged.item != PAD] == 1).any()


def table():
    return torch.randn(ITEMS + 1, DIM, generator=torch.Generator().manual_seed(5))


def example(users=range(USERS), without=None):
    """What is found for these users; perhaps interest `without` has no weight."""
    random = torch.Generator().manual_seed(7)
    vectors = torch.randn(USERS, 3, DIM, generator=random)
    weight = torch.randn(USERS, 3, generator=random).softmax(1)
    if without is not None:
        weight[:, without] = 0
        weight = weight / weight.sum(1, keepdim=True)
    users = torch.tensor(list(users))
    return found_of(
        vectors[users], weight[users], weight[users].log(), [SEEN[int(user)] for user in users]
    )


def found_of(vectors, weight, log_weight, seen, items=None):
    """As the retriever finds it, by all scores."""
    items = table() if items is None else items
    mixture = mixture_of(vectors, log_weight)
    search, excluded = Exact.of(items, len(vectors)), exclude(seen, items.device)
    return Found(
        mixture=mixture,
        weight=weight,
        pooled=lambda n: search.pooled(mixture, Maximum().pool, excluded, n),
        each=lambda n: search.each(mixture, excluded, n),
        winner=lambda item: winners(mixture, items[item]),
        memory=Additions.none(items.device).of,
        remembered=lambda n: excluded.best(len(vectors), n),
        alone=None,
    )
