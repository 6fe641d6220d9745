"""Protocols of evaluation that are wrong on purpose."""

import torch

from bam.evaluation.protocol.clean import Clean
from bam.evaluation.protocol.repeats import Repeats


class HistoryCompetes(Clean):
    """Nothing that the user has had is left out."""

    def seen_from(self, start, cut, history_length):
        return cut


class HistoryIsOut(Repeats):
    """What the user has met does not compete, against what the protocol states."""

    def seen_from(self, start, cut, history_length):
        return start


class OldestAreSeen(Clean):
    """Of a long history the last item alone competes."""

    def seen_from(self, start, cut, history_length):
        return torch.where(cut - start > history_length, cut - 1, start)


class TargetIsSeen(Clean):
    """The target itself does not compete, and is the last of all."""

    def target_score(self, score, seen):
        return score.new_full(score.shape, -torch.inf)


class TargetIsLifted(Clean):
    """A tie, and a little more, is taken for the target."""

    def target_score(self, score, seen):
        return score + 0.05


class BestOfTheBlock(Clean):
    """A target has the score of the best target of its block."""

    def target_score(self, score, seen):
        return torch.maximum(score, score.amax(0, keepdim=True))


TIE = "check_a_tie_counts_against_the_target"
FIRST = "check_a_target_above_all_others_ranks_first"
HISTORY = "check_recent_items_of_the_history_compete_only_as_the_protocol_states"
REFUSED = {
    HistoryCompetes: {HISTORY},
    HistoryIsOut: {HISTORY, TIE},
    OldestAreSeen: {HISTORY},
    TargetIsSeen: {FIRST, HISTORY, "check_a_higher_score_never_has_a_worse_rank"},
    TargetIsLifted: {TIE},
    BestOfTheBlock: {"check_a_user_does_not_depend_on_the_others"},
}
