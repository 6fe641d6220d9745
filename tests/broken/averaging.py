"""Averagings that are wrong on purpose."""

from copy import copy, deepcopy

import torch
from torch import nn

from bam.training.averaging.ema import MovingAverage


class Aliases(MovingAverage):
    """The copy shares its weights with the step, and so is no average at all."""

    def begin(self, step):
        averaged = copy(step)
        averaged._modules = dict(step._modules)
        return averaged


class Renames(MovingAverage):
    """Its weights have other names, which no model can load."""

    def begin(self, step):
        averaged = super().begin(step)
        return nn.ModuleDict({f"average_{name}": part for name, part in averaged.items()})


class BeginsWithZeros(MovingAverage):
    """As in Adam without its correction: the average comes from nowhere."""

    def begin(self, step):
        averaged = deepcopy(step)
        for weight in averaged["trained"].parameters():
            weight.data.zero_()
        return averaged


class Drifts(MovingAverage):
    """Shares of what was and what is do not sum to one."""

    @torch.no_grad()
    def update(self, averaged, current, number):
        for average, weight in zip(averaged, current, strict=True):
            average.mul_(0.9).add_(weight, alpha=0.101)


class MovesTheWeights(MovingAverage):
    """The weights are drawn towards their average."""

    @torch.no_grad()
    def update(self, averaged, current, number):
        super().update(averaged, current, number)
        for average, weight in zip(averaged, current, strict=True):
            weight.lerp_(average, 0.5)


EQUAL = "check_an_average_of_equal_weights_is_those_weights"
BETWEEN = "check_an_average_lies_between_what_it_was_and_the_weights"
BEGINS = "check_it_begins_with_the_weights_and_their_names"
REFUSED = {
    Aliases: {BETWEEN},
    Renames: {BEGINS},
    BeginsWithZeros: {BEGINS, EQUAL},
    Drifts: {EQUAL},
    MovesTheWeights: {"check_training_does_not_know_of_it"},
}
