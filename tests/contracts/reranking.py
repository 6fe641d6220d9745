"""What every reranking must do; a check takes one whose pool holds at least 12 items."""

import torch

from bam.records import PAD
from bam.serving.found import Merged

USERS, ITEMS, LISTED, GENRES = 7, 40, 12, 4


def check_the_list_has_n_items_of_the_merged_list_each_once(reranking):
    merged = lists()
    for n in (1, 5, LISTED):
        items = found(reranking, merged, n).item
        for before, after in zip(merged.item.tolist(), items.tolist(), strict=True):
            real = [item for item in after if item != PAD]
            assert len(real) == min(n, sum(item != PAD for item in before))
            assert len(set(real)) == len(real) and set(real) <= set(before)


def check_no_item_is_behind_padding(reranking):
    missing = found(reranking, lists(), LISTED).item == PAD
    assert not (missing[:, :-1] & ~missing[:, 1:]).any()


def check_an_item_keeps_its_score_and_its_interest(reranking):
    merged = lists()
    after = found(reranking, merged, 5)
    place = (after.item[:, :, None] == merged.item[:, None]).long().argmax(2)
    expected = lists().gather(place)
    for name in ("priority", "score", "interest"):
        real = after.item != PAD
        assert torch.equal(getattr(after, name)[real], getattr(expected, name)[real])


def check_a_user_does_not_depend_on_the_others(reranking):
    merged = lists()
    together = found(reranking, merged, 5).item
    for user in range(USERS):
        own = slice(user, user + 1)
        parts = (merged.item, merged.priority, merged.score, merged.interest)
        alone = Merged(*(part[own] for part in parts))
        assert torch.equal(found(reranking, alone, 5).item, together[own])


def check_it_is_given_enough_items(reranking):
    assert all(reranking.candidates(n) >= n for n in (1, 20, 500))


def check_where_all_items_are_alike_the_order_is_that_of_the_merge(reranking):
    merged = lists()
    alike = torch.ones(ITEMS + 1, 1, dtype=torch.bool)
    assert torch.equal(reranking(merged, lambda: alike, 5).item[:, :5], merged.item[:, :5])


def check_the_merged_list_is_not_changed(reranking):
    merged = lists()
    found(reranking, merged, 5)
    assert torch.equal(merged.item, lists().item)
    assert torch.equal(merged.priority, lists().priority)


def found(reranking, merged, n):
    """The first n of the list."""
    after = reranking(merged, genres, n)
    return after.gather(torch.arange(n).expand(len(after.item), -1))


def genres():
    """Of one item each, several or none."""
    random = torch.Generator().manual_seed(3)
    table = torch.rand(ITEMS + 1, GENRES, generator=random) < 0.4
    table[PAD] = False
    return table


def lists():
    """Merged lists, best first; some have fewer items than places, and one has none."""
    random = torch.Generator().manual_seed(2)
    item = torch.stack([torch.randperm(ITEMS, generator=random)[:LISTED] + 1 for _ in range(USERS)])
    priority = torch.rand(USERS, LISTED, generator=random).sort(1, descending=True).values
    length = torch.tensor([LISTED, 9, LISTED, 3, 1, 0, LISTED])
    missing = torch.arange(LISTED) >= length[:, None]
    interest = torch.randint(0, 4, item.shape, generator=random)
    return Merged(
        item=item.masked_fill(missing, PAD),
        priority=priority.masked_fill(missing, -torch.inf),
        score=(3 * priority).masked_fill(missing, -torch.inf),
        interest=interest,
    )
