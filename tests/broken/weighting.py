"""Weightings that are wrong on purpose."""

import torch

from bam.model.scores import interest_scores
from bam.serving.weighting.equal import Equal
from bam.serving.weighting.history import History


class Sigmoids:
    """Each weight is between 0 and 1, and their sum may be anything."""

    def __call__(self, mixture, history, real):
        return mixture.log_weight.sigmoid()


class FirstUserForAll:
    """Every user gets the weights of the first."""

    def __call__(self, mixture, history, real):
        weight = History()(mixture, history, real)
        return weight[:1].expand_as(weight)


class CountsPadding:
    """The places of padding have a share, as items have."""

    def __call__(self, mixture, history, real):
        return interest_scores(mixture, history).softmax(1).mean(2)


class FirstCountsMost:
    """The weight belongs to the place, and not to the interest."""

    def __call__(self, mixture, history, real):
        equal = Equal()(mixture, history, real)
        return (equal - torch.arange(equal.shape[1])).softmax(1)


REFUSED = {
    Sigmoids: {"check_the_weights_of_a_user_sum_to_one"},
    FirstUserForAll: {"check_a_row_does_not_depend_on_the_others"},
    CountsPadding: {"check_padding_does_not_count"},
    FirstCountsMost: {"check_a_weight_goes_with_its_interest"},
}
