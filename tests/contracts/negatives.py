"""What every way of drawing negatives must do."""

import torch

from bam.records import PAD

COUNT = torch.tensor([0, 16, 4, 1, 0, 9])  # padding, and five items of which one was never met
V = len(COUNT) - 1
TARGET = torch.arange(1, V + 1).repeat_interleave(COUNT[1:].clamp(min=1))  # as often as counted
TOLERANCE = 0.1  # of log(V q), from some 100 000 draws: more than four standard deviations


def check_negatives_are_items_and_never_padding(negatives):
    drawn = negatives(TARGET)
    assert drawn.ids.shape[0] in (1, len(TARGET))
    if drawn.ids.numel():
        assert drawn.ids.min() > PAD and drawn.ids.max() <= V


def check_log_q_has_a_finite_number_for_each_negative(negatives):
    drawn = negatives(TARGET)
    assert drawn.log_q.shape == drawn.ids.shape and drawn.log_q.dtype == torch.float32
    assert drawn.log_q.isfinite().all()


def check_log_q_is_the_log_of_how_much_more_often_than_uniformly_an_item_is_drawn(negatives):
    """log(V q), of a batch whose targets come as often as in the training part."""
    drawn = negatives(TARGET)
    for item in drawn.ids.unique():
        here = drawn.ids == item
        log_vq = (V * here.double().mean()).log()
        assert (drawn.log_q[here].double().nan_to_num() - log_vq).abs().max() < TOLERANCE


def check_nothing_in_it_is_trained_or_saved(negatives):
    assert not negatives.state_dict() and not list(negatives.parameters())
