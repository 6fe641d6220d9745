"""Losses that are wrong on purpose; each is made by its weight."""

from dataclasses import replace

import torch
from torch import nn

from bam.objective.loss.single_interest import SingleInterest
from bam.records import Answer


class Wrong(nn.Module):
    """The single-interest loss, except for one thing."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def right(self, mixture, choice):
        return SingleInterest(self.weight)(mixture, choice)


class FirstUserAnswers(Wrong):
    """The interests of the first user answer for the targets of all."""

    def forward(self, mixture, choice):
        first = mixture.vectors[:1].expand_as(mixture.vectors)
        return replace(self.right(mixture, choice), vectors=first)


class ForgetsItsWeight(Wrong):
    """Every loss counts once, whatever the config says."""

    def __init__(self, weight):
        super().__init__(1.0)

    def forward(self, mixture, choice):
        return self.right(mixture, choice)


class CountsEveryAnswerWhole(Wrong):
    """Three answers cost three times as much as one."""

    def forward(self, mixture, choice):
        answer = self.right(mixture, choice)
        return replace(answer, weight=torch.ones_like(answer.weight))


class FirstInterestAnswers(Wrong):
    """The first interest answers for every target, whichever was chosen."""

    def forward(self, mixture, choice):
        one = torch.ones(len(mixture.vectors), 1)
        return Answer(mixture.vectors[:, :1], one.long()[..., None] - 1, None, one)


class LearnsNothing(Wrong):
    """The value is right, and no gradient reaches the interests."""

    def forward(self, mixture, choice):
        answer = self.right(mixture, choice)
        return replace(answer, vectors=answer.vectors.detach() + 0 * answer.vectors)


ROWS = "check_every_target_has_an_answer_of_its_own_user"
ORDER = "check_the_order_of_interests_does_not_matter"
STEP = "check_a_step_against_its_gradient_lowers_its_cost"
REFUSED = {
    FirstUserAnswers: {ROWS, STEP},
    ForgetsItsWeight: {"check_it_has_the_weight_it_is_given"},
    CountsEveryAnswerWhole: {"check_the_weights_of_a_row_sum_to_one"},
    FirstInterestAnswers: {ORDER},
    LearnsNothing: {STEP},
}
