"""Each item is one target of a user."""

from torch import tensor

from bam.evaluation.targets import distinct_targets
from bam.records import PAD, Spans


def test_a_target_that_comes_again_is_left_out_after_its_first_place():
    items = tensor([9, 3, 3, 5, 3, 9, 7, 7]).int()
    spans = Spans(tensor([0, 5]), tensor([1, 6]), tensor([5, 8]))
    assert distinct_targets(items, spans).tolist() == [[3, PAD, 5, PAD], [7, PAD, PAD, PAD]]


def test_a_target_that_is_in_the_history_alone_stays():
    items, spans = tensor([4, 4]).int(), Spans(tensor([0]), tensor([1]), tensor([2]))
    assert distinct_targets(items, spans).tolist() == [[4]]
