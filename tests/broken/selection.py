"""Selections that are wrong on purpose."""

import torch
from torch import nn

from bam.objective.selection.hard import Hard
from bam.objective.selection.soft import drawn, expected
from bam.records import Choice


class FirstRowForAll(nn.Module):
    """Every row gets the interest of the first row."""

    def forward(self, vectors, target, place):
        choice = Hard()(vectors, target, place)
        return Choice(choice.interest[:1].expand_as(choice.interest), choice.weight)


class DrawsOnceForAll(nn.Module):
    """What the first row has drawn answers for every row."""

    def forward(self, vectors, target, place):
        choice = drawn(1.0)(vectors, target, place)
        return Choice(choice.interest[:1].expand_as(choice.interest), choice.weight)


class MeanTarget(nn.Module):
    """The weights come from the mean target of the batch."""

    def forward(self, vectors, target, place):
        return expected(1.0)(vectors, target.mean(0, keepdim=True).expand_as(target), place)


class OthersTarget(nn.Module):
    """A row's interest is drawn for another row's target."""

    def forward(self, vectors, target, place):
        return drawn(1.0)(vectors, target[torch.randperm(len(target))], place)


class OneTooFar(nn.Module):
    """Interests are counted from one."""

    def forward(self, vectors, target, place):
        choice = Hard()(vectors, target, place)
        return Choice(choice.interest + 1, choice.weight)


class Sigmoids(nn.Module):
    """Each interest has a weight between 0 and 1, and their sum may be anything."""

    def forward(self, vectors, target, place):
        choice = expected(1.0)(vectors, target, place)
        return Choice(choice.interest, torch.einsum("bkd,bd->bk", vectors, target).sigmoid())


ALONE = "check_a_row_does_not_depend_on_the_others"
REFUSED = {
    FirstRowForAll: {ALONE},
    DrawsOnceForAll: {ALONE},
    MeanTarget: {ALONE},
    OthersTarget: {ALONE},
    OneTooFar: {"check_a_choice_names_interests_of_the_user"},
    Sigmoids: {"check_the_weights_of_a_choice_sum_to_one"},
}
