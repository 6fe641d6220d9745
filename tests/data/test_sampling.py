"""Which examples are drawn, by each option of conf/sampling."""

from itertools import chain, islice

import pytest
import torch
from torch import nn, tensor

from bam.config.instantiate import build
from bam.data.sampling.all_positions import AllPositions, cut_windows
from bam.data.sampling.one_position import OnePosition
from bam.data.sampling.set import NextSet
from bam.errors import Mistake
from bam.model.backbone.mind import Mind
from bam.records import Events, Histories, Interests, Spans
from tests.broken.sampling import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import sampling as contract

ITEMS = torch.arange(1, 11, dtype=torch.int32)  # users own 1..4 and 5..10
SAMPLINGS = [OnePosition(5, 1), OnePosition(5, 3), AllPositions(5, 0, 1), AllPositions(5, 1, 3),
             NextSet(5, 3, 0, 2, 1)]  # fmt: skip


def batches_of(sampling, items, spans, batch_size, batches, seed=0):
    groups = sampling.groups(
        Events(items, items[:0]), spans, batch_size, torch.Generator().manual_seed(seed)
    )
    return list(islice(chain.from_iterable(groups), batches))


def draw(batches, seed=0, group=1):
    spans = Spans(tensor([0, 4]), tensor([1, 5]), tensor([2, 8]))
    return batches_of(OnePosition(5, group), ITEMS, spans, 4000, batches, seed)


@pytest.mark.parametrize("group", [1, 3])
@pytest.mark.parametrize("name", options("sampling"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_sampling_keeps_the_contract(configured, name, group, check):
    def make(history_length):
        config = configured(f"sampling={name}", f"history_length={history_length}",
                            f"group_by_length={group}")  # fmt: skip
        return build(config["sampling"], "sampling")

    check(make)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_sampling_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


@pytest.mark.parametrize("group", [1, 3])
def test_training_draws_users_evenly_and_then_their_positions_evenly(group):
    targets = torch.cat([batch.target for batch in draw(3, group=group)])
    share = torch.bincount(targets, minlength=11) / len(targets)
    expected = torch.zeros(11)
    expected[2], expected[6:9] = 1 / 2, 1 / 6  # one position of the first user, three of the second
    torch.testing.assert_close(share, expected, atol=0.03, rtol=0)


def test_batches_grouped_by_length_have_little_padding():
    ITEM = torch.ones(5000, dtype=torch.int32)
    spans = Spans(tensor([0, 4000]), tensor([1, 4001]), tensor([90, 4090]))
    padding = {}
    for group in (1, 20):
        batches = [b.history for b in batches_of(OnePosition(200, group), ITEM, spans, 16, 40)]
        padding[group] = sum(int((b == 0).sum()) for b in batches) / sum(b.numel() for b in batches)
    assert padding[20] < 0.2 * padding[1]


def test_histories_that_are_cut_are_equally_long_and_stay_in_the_order_in_which_they_were_drawn():
    items, spans = torch.arange(1, 1001), Spans(tensor([0]), tensor([6]), tensor([1000]))
    drawn = next(b.target.tolist() for b in batches_of(OnePosition(5, 1), items, spans, 200, 1))
    grouped = [b.target.tolist() for b in batches_of(OnePosition(5, 4), items, spans, 50, 4)]
    assert sorted(grouped) == sorted(drawn[i : i + 50] for i in range(0, 200, 50))


def test_a_user_with_nothing_to_train_on_is_never_drawn():
    spans = Spans(tensor([0, 4]), tensor([1, 5]), tensor([1, 8]))
    (batch,) = batches_of(OnePosition(5, 1), ITEMS, spans, 100, 1)
    assert batch.target.min() >= 6


@pytest.mark.parametrize("group", [1, 3])
def test_an_epoch_of_all_positions_takes_every_target_once(group):
    spans = Spans(tensor([0, 4]), tensor([1, 5]), tensor([4, 10]))
    sampling = AllPositions(2, 0, group)
    epoch = next(sampling.groups(Events(ITEMS, ITEMS[:0]), spans, 3, torch.Generator()))
    targets = torch.cat([batch.target for batch in epoch])
    assert sorted(targets.tolist()) == [2, 3, 4, 6, 7, 8, 9, 10]


def test_batches_grouped_by_length_share_the_targets_of_all_positions_evenly():
    """So that a mean over a batch counts each target the same, however long its window."""
    size = torch.arange(2, 62)
    stop = size.cumsum(0)
    spans = Spans(stop - size, stop - size + 1, stop)
    items = torch.ones(int(stop[-1]), dtype=torch.int32)
    epoch = list(
        next(AllPositions(60, 0, 5).groups(Events(items, items[:0]), spans, 12, torch.Generator()))
    )
    assert len({batch.history.shape[1] for batch in epoch}) == len(epoch) == 5
    for batch in epoch:
        assert abs(len(batch.target) - (size - 1).sum() / 5) <= 60


def test_batches_grouped_by_length_share_the_targets_of_sets_evenly():
    size = torch.arange(2, 62)
    stop = size.cumsum(0)
    spans = Spans(stop - size, stop - size + 1, stop)
    items = torch.cat([torch.arange(1, one + 1) for one in size]).to(torch.int32)
    events = Events(items, items[:0])
    [*batches] = next(NextSet(60, 60, 0, 60, 5).groups(events, spans, 12, torch.Generator()))
    assert len(batches) == 5
    targets = [len(batch.target) for batch in batches]
    assert all(abs(number - sum(targets) / 5) <= 60 for number in targets)


def test_windows_are_cut_from_the_end_so_that_only_the_oldest_is_short():
    _, first, stop = cut_windows(Spans(tensor([0]), tensor([1]), tensor([8])), length=3, most=0)
    assert list(zip(first.tolist(), stop.tolist(), strict=True)) == [(5, 8), (2, 5), (1, 2)]


def test_of_each_user_the_latest_windows_are_trained():
    spans = Spans(tensor([0, 8]), tensor([1, 9]), tensor([8, 10]))
    _, first, stop = cut_windows(spans, length=3, most=2)
    assert list(zip(first.tolist(), stop.tolist(), strict=True)) == [(5, 8), (2, 5), (9, 10)]


def test_windows_leave_out_what_must_not_be_trained_on():
    _, first, stop = cut_windows(
        Spans(tensor([0, 4]), tensor([3, 5]), tensor([4, 5])), length=3, most=0
    )
    assert (first.tolist(), stop.tolist()) == ([3], [4])


@pytest.mark.parametrize("windows", [0, 1])
def test_what_comes_before_the_first_target_is_history_at_all_positions_too(windows):
    spans = Spans(tensor([0]), tensor([5]), tensor([7]))
    items = torch.arange(1, 11, dtype=torch.int32)
    (batch,) = next(
        AllPositions(4, windows, 1).groups(Events(items, items[:0]), spans, 1, torch.Generator())
    )
    assert batch.history.tolist() == [[3, 4, 5, 6]]
    assert batch.target.tolist() == [6, 7] and batch.place.tolist() == [2, 3]


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_data_without_any_training_target_are_refused(sampling):
    with pytest.raises(Mistake, match="two items to train on"):
        batches_of(sampling, ITEMS, Spans(tensor([0]), tensor([1]), tensor([1])), 2, 1)


def test_all_positions_need_a_causal_backbone():
    mind = Mind(8, 2, 5, rounds=3, routing_axis="interests", relu_layer=False, adaptive=False)
    with pytest.raises(Mistake, match="needs a causal backbone, got 'Mind'"):
        AllPositions(5, 1, 1).check(mind)


def sets_of(sampling, items, times, rows=400):
    """The sets that are drawn, of one user of whom all but the first item are targets."""
    spans = Spans(tensor([0]), tensor([1]), tensor([len(items)]))
    generator = torch.Generator().manual_seed(0)
    batch = next(next(sampling.groups(Events(items, times), spans, rows, generator)))
    return {tuple(item for item in row if item) for row in batch.target_set.tolist()}


@pytest.mark.parametrize(
    ("items", "seconds", "targets", "expected"),
    [
        (2, 0, 5, {(2, 3), (3, 4), (4, 5), (5,)}),
        (5, 10, 5, {(2, 3), (3, 4, 5), (4, 5), (5,)}),  # times 0 10 20 30 30
        (2, 10, 5, {(2, 3), (3, 4), (4, 5), (5,)}),
        (4, 0, 2, {(2, 3), (2, 4), (2, 5), (3, 4), (3, 5), (4, 5), (5,)}),
        (4, 0, 1, {(2,), (3,), (4,), (5,)}),
    ],
)
def test_a_set_is_of_the_next_items_within_the_smaller_span(items, seconds, targets, expected):
    ids, times = torch.arange(1, 6, dtype=torch.int32), tensor([0, 10, 20, 30, 30])
    assert sets_of(NextSet(5, items, seconds, targets, 1), ids, times) == expected


def test_an_item_that_returns_within_a_set_is_one_target():
    items = tensor([1, 2, 2, 3, 2, 3], dtype=torch.int32)
    found = sets_of(NextSet(5, 5, 0, 5, 1), items, items[:0])
    assert found == {(2, 3), (3, 2), (3,)}


class Sums(nn.Module):
    """Two interests that are the sum of the items, routed as the first two items are."""

    def forward(self, histories):
        total = histories.items.sum(1)
        return Interests(total[:, None].repeat(1, 2, 1), histories.items[:, :2], total)


def test_the_interests_of_a_history_are_computed_once_and_given_to_each_of_its_targets():
    spans = Spans(tensor([0, 4]), tensor([1, 5]), tensor([4, 10]))
    sampling, backbone, seen = NextSet(5, 3, 0, 3, 1), Sums(), []
    backbone.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0].ids)))
    (batch,) = batches_of(sampling, ITEMS, spans, 20, 1)
    items = torch.randn(*batch.history.shape, 4)
    met = Histories(batch.history, items, batch.history > 0, batch.times)
    found = sampling.interests(backbone, met, batch)
    assert seen == [20] and len(batch.target) > 20
    for n, place in enumerate(batch.place.tolist()):
        of_history = met.items[place // batch.history.shape[1]]
        torch.testing.assert_close(found.summary[n], of_history.sum(0))
        torch.testing.assert_close(found.vectors[n, 1], of_history.sum(0))
        torch.testing.assert_close(found.routing[n], of_history[:2])


@pytest.mark.parametrize(
    ("values", "rule"),
    [((0, 0, 1), "items must be at least 1"), ((1, -1, 1), "seconds must be at least 0"),
     ((1, 0, 0), "targets must be at least 1")],
)  # fmt: skip
def test_a_set_of_no_size_is_refused(values, rule):
    with pytest.raises(Mistake, match=rule):
        NextSet(5, *values, 1)
