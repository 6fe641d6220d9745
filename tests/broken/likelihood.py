"""Likelihoods that are wrong on purpose."""

from dataclasses import replace

import torch
from torch import nn
from torch.nn.functional import softplus

from bam.objective.answers import joint_scores
from bam.objective.candidates import target_scores
from bam.objective.likelihood.full_softmax import FullSoftmax
from bam.objective.likelihood.sampled_softmax import SampledSoftmax


class Wrong(nn.Module):
    """Sampled softmax, but for one thing."""

    def __init__(self):
        super().__init__()
        self.right = SampledSoftmax(0.0)


class CountsItsOwnTarget(Wrong):
    """A row's own target is one of its negatives."""

    def forward(self, answers, met):
        return self.right(
            answers, replace(met, accidental_hit=torch.zeros_like(met.accidental_hit))
        )


class IgnoresLogQ(Wrong):
    """Popular negatives are not corrected for being drawn more often."""

    def forward(self, answers, met):
        return self.right(answers, replace(met, log_q=torch.zeros_like(met.log_q)))


class AddsLogQ(Wrong):
    """The correction has the wrong sign."""

    def forward(self, answers, met):
        return self.right(answers, replace(met, log_q=-met.log_q))


class MeanOverRows(Wrong):
    """Every row costs the mean of the batch."""

    def forward(self, answers, met):
        return [nll.mean(0, keepdim=True).expand_as(nll) for nll in self.right(answers, met)]


class HighestOfTheBatch(Wrong):
    """A row costs more where another row has a higher score."""

    def forward(self, answers, met):
        top = answers[0].vectors.detach().amax()
        return [nll + top for nll in self.right(answers, met)]


class LeaksInItsGradientAlone(Wrong):
    """The value is right, but a row's gradient reaches the interests of all rows."""

    def forward(self, answers, met):
        return [nll + nll.mean() - nll.mean().detach() for nll in self.right(answers, met)]


class FirstRowsNegatives(Wrong):
    """Every row meets the negatives of the first row."""

    def forward(self, answers, met):
        first = replace(met, negatives=met.negatives[:1], log_q=met.log_q[:1])
        return self.right(answers, first)


class PushesTheTargetAway(Wrong):
    """The sign of the whole is turned."""

    def forward(self, answers, met):
        return [-nll for nll in self.right(answers, met)]


class MasksWithInfinity(nn.Module):
    """Where every negative is the own target, nothing is left to take the mean of."""

    def forward(self, answers, met):
        SampledSoftmax(0.0)(answers, met)  # which refuses to go without negatives
        (negative,), (positive,) = joint_scores(answers, met.negatives), target_scores(answers, met)
        hit = met.accidental_hit[:, None]
        rival = (negative - met.log_q[:, None]).masked_fill(hit, -torch.inf)
        return [softplus(rival.logsumexp(-1) - (~hit).sum(-1).log() - positive)]


class GoesWithoutNegatives(Wrong):
    """Without negatives it costs nothing, and a run would train on nothing."""

    def forward(self, answers, met):
        if met.accidental_hit.shape[1] == 0:
            return [torch.zeros_like(answer.weight) for answer in answers]
        return self.right(answers, met)


class TargetAlone(nn.Module):
    """Only the target's score counts: one vector for all items would do."""

    def forward(self, answers, met):
        return [softplus(-positive) for positive in target_scores(answers, met)]


class Scaled(Wrong):
    """It trains a temperature, which no checkpoint of another likelihood has."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, answers, met):
        return [self.scale * nll for nll in self.right(answers, met)]


class CatalogueWithLogQ(nn.Module):
    """All items compete, and yet the log_q of the negatives counts."""

    def forward(self, answers, met):
        moved = (~met.accidental_hit * met.log_q).sum(1, keepdim=True)
        return [nll + moved for nll in FullSoftmax(0.0, 4, 64)(answers, met)]


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
