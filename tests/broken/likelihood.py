"""Likelihoods that are wrong on purpose."""

from dataclasses import replace

import torch
from torch import nn
from torch.nn.functional import softplus

from bam.objective.candidates import grouped, inner_products, joint_score, of_target
from bam.objective.likelihood.full_softmax import FullSoftmax
from bam.objective.likelihood.sampled_softmax import SampledSoftmax


class Wrong(nn.Module):
    """Sampled softmax, but for one thing."""

    def __init__(self):
        super().__init__()
        self.right = SampledSoftmax(0.0)


class CountsItsOwnTarget(Wrong):
    """A row's own target is one of its negatives."""

    def forward(self, vectors, group, met):
        return self.right(vectors, group, replace(met, own=torch.zeros_like(met.own)))


class IgnoresLogQ(Wrong):
    """Popular negatives are not corrected for being drawn more often."""

    def forward(self, vectors, group, met):
        return self.right(vectors, group, replace(met, log_q=torch.zeros_like(met.log_q)))


class AddsLogQ(Wrong):
    """The correction has the wrong sign."""

    def forward(self, vectors, group, met):
        return self.right(vectors, group, replace(met, log_q=-met.log_q))


class MeanOverRows(Wrong):
    """Every row costs the mean of the batch."""

    def forward(self, vectors, group, met):
        found = self.right(vectors, group, met)
        return found.mean(0, keepdim=True).expand_as(found)


class HighestOfTheBatch(Wrong):
    """A row costs more where another row has a higher score."""

    def forward(self, vectors, group, met):
        return self.right(vectors, group, met) + vectors.detach().amax()


class LeaksInItsGradientAlone(Wrong):
    """The value is right, but a row's gradient reaches the interests of all rows."""

    def forward(self, vectors, group, met):
        found = self.right(vectors, group, met)
        return found + found.mean() - found.mean().detach()


class FirstRowsNegatives(Wrong):
    """Every row meets the negatives of the first row."""

    def forward(self, vectors, group, met):
        first = replace(met, negatives=met.negatives[:1], log_q=met.log_q[:1])
        return self.right(vectors, group, first)


class PushesTheTargetAway(Wrong):
    """The sign of the whole is turned."""

    def forward(self, vectors, group, met):
        return -self.right(vectors, group, met)


class MasksWithInfinity(nn.Module):
    """Where every negative is the own target, nothing is left to take the mean of."""

    def forward(self, vectors, group, met):
        several = grouped(vectors, group)
        negative = joint_score(inner_products(several, met.negatives)) - met.log_q[:, None]
        SampledSoftmax(0.0)(vectors, group, met)  # which refuses to go without negatives
        rival = negative.masked_fill(met.own[:, None], -torch.inf)
        count = (~met.own).sum(1)[:, None]
        return softplus(rival.logsumexp(-1) - count.log() - of_target(several, met))


class GoesWithoutNegatives(Wrong):
    """Without negatives it costs nothing, and a run would train on nothing."""

    def forward(self, vectors, group, met):
        if met.own.shape[1] == 0:
            return torch.zeros(group.shape[:2])
        return self.right(vectors, group, met)


class TargetAlone(nn.Module):
    """Only the target's score counts: one vector for all items would do."""

    def forward(self, vectors, group, met):
        return softplus(-of_target(grouped(vectors, group), met))


class Scaled(Wrong):
    """It trains a temperature, which no checkpoint of another likelihood has."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, vectors, group, met):
        return self.scale * self.right(vectors, group, met)


class CatalogueWithLogQ(nn.Module):
    """All items compete, and yet the log_q of the negatives counts."""

    def forward(self, vectors, group, met):
        return FullSoftmax(0.0, 4, 64)(vectors, group, met) + (~met.own * met.log_q).sum(
            1, keepdim=True
        )


OWN = "check_the_own_target_never_counts_as_a_negative"
LOG_Q = "check_log_q_is_taken_from_the_scores_of_the_negatives_alone"
ALONE = "check_a_row_does_not_depend_on_the_others"
LESS = "check_a_higher_score_of_the_target_costs_less"
REFUSED = {
    CountsItsOwnTarget: {OWN},
    IgnoresLogQ: {LOG_Q},
    AddsLogQ: {LOG_Q},
    MeanOverRows: {ALONE, OWN},
    HighestOfTheBatch: {ALONE},
    LeaksInItsGradientAlone: {ALONE},
    FirstRowsNegatives: {ALONE},
    PushesTheTargetAway: {LESS},
    MasksWithInfinity: {"check_a_row_whose_every_negative_is_its_target_is_finite"},
    GoesWithoutNegatives: {"check_no_negatives_at_all_are_refused_by_a_likelihood_that_uses_them"},
    TargetAlone: {"check_it_depends_on_the_negatives_or_on_the_catalogue"},
    Scaled: {"check_nothing_in_it_is_trained_or_saved"},
    CatalogueWithLogQ: {LOG_Q},
}
