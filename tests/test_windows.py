import pytest
import torch
from torch import tensor

from bam.records import Spans
from bam.windows import members, training_batches, window

ITEMS = torch.arange(1, 11, dtype=torch.int32)  # users own 1..4 and 5..10


def test_a_window_keeps_the_latest_items_oldest_first_with_padding_at_the_end():
    found = window(ITEMS, tensor([0, 4]), tensor([2, 9]), history_length=3)
    assert found.tolist() == [[1, 2, 0], [7, 8, 9]]


def test_a_window_is_as_wide_as_its_longest_history():
    assert window(ITEMS, tensor([0, 4]), tensor([1, 6]), history_length=50).tolist() == [
        [1, 0],
        [5, 6],
    ]


def test_a_window_never_reaches_into_the_user_before():
    assert window(ITEMS, tensor([4]), tensor([5]), history_length=3).tolist() == [[5]]


def test_members_are_all_items_of_each_span_with_their_row():
    row, item = members(ITEMS, tensor([0, 2, 4]), tensor([2, 2, 7]))
    assert row.tolist() == [0, 0, 2, 2, 2] and item.tolist() == [1, 2, 5, 6, 7]


def draw(batches, seed=0, group=1):
    spans = Spans(tensor([0, 4]), tensor([1, 5]), tensor([2, 8]))
    made = training_batches(ITEMS, spans, 4000, 5, group, torch.Generator().manual_seed(seed))
    return [next(made) for _ in range(batches)]


@pytest.mark.parametrize("group", [1, 3])
def test_training_draws_users_evenly_and_then_their_positions_evenly(group):
    targets = torch.cat([batch.target for batch in draw(3, group=group)])
    share = torch.bincount(targets, minlength=11) / len(targets)
    expected = torch.zeros(11)
    expected[2], expected[6:9] = 1 / 2, 1 / 6  # one position of the first user, three of the second
    torch.testing.assert_close(share, expected, atol=0.03, rtol=0)


def test_a_training_history_is_all_that_came_before_its_target():
    (batch,) = draw(1)
    for history, target in zip(
        batch.history[:50].tolist(), batch.target[:50].tolist(), strict=True
    ):
        first = 1 if target <= 4 else 5
        assert [item for item in history if item] == list(range(first, target))


def test_batches_grouped_by_length_are_hardly_padded():
    ITEM, spans = torch.ones(5000, dtype=torch.int32), Spans(tensor([0]), tensor([1]), tensor([90]))
    padding = {}
    for group in (1, 20):
        made = training_batches(ITEM, spans, 16, 200, group, torch.Generator().manual_seed(0))
        batches = [next(made).history for _ in range(40)]
        padding[group] = sum(int((b == 0).sum()) for b in batches) / sum(b.numel() for b in batches)
    assert padding[20] < 0.2 * padding[1]


def test_the_same_seed_draws_the_same_batches():
    first, again, other = draw(2), draw(2), draw(2, seed=1)
    assert all(torch.equal(a.history, b.history) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0].target, other[0].target)
    assert not torch.equal(first[0].target, first[1].target)


def test_a_user_with_nothing_to_train_on_is_never_drawn():
    spans = Spans(tensor([0, 4]), tensor([1, 5]), tensor([1, 8]))
    batch = next(training_batches(ITEMS, spans, 100, 5, 1, torch.Generator()))
    assert batch.target.min() >= 6
