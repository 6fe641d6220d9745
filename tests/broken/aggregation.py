"""Aggregations that are wrong on purpose."""

from dataclasses import replace

import torch
from torch import nn

from bam.records import Mixture


class Wrong(nn.Module):
    """The maximum, but for one thing."""

    def forward(self, interests, table):
        return Mixture.equal(interests)

    def pool(self, scores, out=None):
        return torch.amax(scores, -2, out=out)


class Mean(Wrong):
    """One interest that knows an item well does not suffice."""

    def pool(self, scores, out=None):
        return torch.mean(scores, -2, out=out)


class Sum(Wrong):
    """The more interests, the higher the score."""

    def pool(self, scores, out=None):
        return torch.sum(scores, -2, out=out)


class FirstInterest(Wrong):
    """The other interests do not count."""

    def pool(self, scores, out=None):
        return torch.amax(scores[..., :1, :], -2, out=out)


class FirstAloneForNothing(Wrong):
    """A first interest that scores below the others is passed over twice."""

    def pool(self, scores, out=None):
        best = scores.amax(-2) + 0.5 * (scores.argmax(-2) > 0)
        return best if out is None else out.copy_(best)


class BestOfTheBatch(Wrong):
    """The score of another user lifts one's own."""

    def pool(self, scores, out=None):
        best = torch.amax(scores, -2, out=out)
        return best.add_(0.1 * (best > best.mean(0)) * (scores.shape[-2] > 1))


class BestOfTheBlock(Wrong):
    """The best item of a block gets a little more, and so blocks of another size rank otherwise."""

    def pool(self, scores, out=None):
        best = torch.amax(scores, -2, out=out)
        top = best == best.amax(-1, keepdim=True)
        return best.add_(0.1 * top * (scores.shape[-2] > 1))


class SkipsNoNumber(Wrong):
    """A model that has broken down ranks as if it had not."""

    def pool(self, scores, out=None):
        return torch.amax(scores.nan_to_num(-1e9), -2, out=out)


class WeighsByLength(Wrong):
    """The longer an interest, the more it counts: no share and no probability."""

    def forward(self, interests, table):
        return replace(Mixture.equal(interests), log_weight=interests.vectors.norm(dim=-1))


class TurnsInterests(Wrong):
    """The numbers of every interest are in another order than those of the items."""

    def forward(self, interests, table):
        return replace(Mixture.equal(interests), vectors=interests.vectors.roll(1, -1))


class CountsEachInFull(Wrong):
    """A list of n items would have places for K n."""

    def forward(self, interests, table):
        equal = Mixture.equal(interests)
        return replace(equal, weight=torch.ones_like(equal.weight))


class ForgetsOut(Wrong):
    """The scores of a tile are returned and not written."""

    def pool(self, scores, out=None):
        return scores.amax(-2)


RANGE = "check_a_pooled_score_is_from_the_best_to_log_k_above"
ROW = "check_a_row_does_not_depend_on_the_others"
ITEM = "check_an_item_does_not_depend_on_the_others"
ORDER = "check_the_order_of_the_interests_does_not_matter"
NAN = "check_a_score_that_is_not_a_number_stays_so"
ONE = "check_one_interest_scores_by_its_inner_product"
REFUSED = {
    Mean: {RANGE},
    Sum: {RANGE},
    FirstInterest: {RANGE, ORDER, NAN},
    FirstAloneForNothing: {ORDER},
    BestOfTheBatch: {ROW},
    BestOfTheBlock: {ITEM},
    SkipsNoNumber: {NAN},
    WeighsByLength: {"check_no_weight_of_an_interest_is_above_one"},
    TurnsInterests: {ONE},
    CountsEachInFull: {"check_how_much_the_interests_count_sums_to_one"},
    ForgetsOut: {"check_a_pooled_score_is_written_where_it_is_wanted"},
}
