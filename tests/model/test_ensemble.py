"""Several models side by side: each part is that of its members."""

import math
from functools import partial

import pytest
import torch
from torch import tensor

from bam.errors import Mistake
from bam.model.aggregation.logsumexp import LogSumExp
from bam.model.aggregation.maximum import Maximum
from bam.model.aggregation.weighted import Weighted
from bam.model.backbone.comirec_sa import ComiRecSA
from bam.model.ensemble.aggregation import Ensemble as Aggregations
from bam.model.ensemble.backbone import Ensemble as Backbones
from bam.model.ensemble.linear import Linear
from bam.model.ensemble.logarithmic import Logarithmic
from bam.model.ensemble.similarity import Ensemble as Similarities
from bam.model.ensemble.table import Ensemble as Tables
from bam.model.scores import interest_scores
from bam.model.similarity.cosine import Cosine
from bam.model.similarity.inner import Inner
from bam.model.table.normal import Normal
from bam.records import Histories, Interests
from tests.contracts import backbone, checks, similarity, table

POOLINGS = [Linear, Logarithmic]
TABLE = [
    table.check_the_row_of_padding_is_zero_and_stays_so,
    table.check_a_row_is_the_same_alone_and_among_all,
    table.check_the_training_part_alone_decides,
    table.check_a_sparse_gradient_is_the_dense_one,
]


def backbones(*lengths):
    """ComiRec-SA with 2 interests of width 5, and with 3 of width 3."""
    members = [ComiRecSA(5, 2, lengths[0], 2, 0.0), ComiRecSA(3, 3, lengths[1], 2, 0.0)]
    return Backbones(members, [5, 3], [*lengths]).eval()


@pytest.mark.parametrize("lengths", [(5, 5), (5, 3), (2, 5)])
@pytest.mark.parametrize("check", checks(backbone))
def test_backbones_side_by_side_keep_the_contract_of_one(check, lengths):
    check(backbones(*lengths), 8)


@pytest.mark.parametrize("check", checks(similarity))
def test_the_same_similarity_side_by_side_keeps_the_contract(check):
    check(Similarities([Inner(2.0), Inner(2.0)], [1, 3]))


@pytest.mark.parametrize("check", TABLE)
def test_tables_side_by_side_keep_the_contract_of_one(check, tmp_path):
    def make(dim, **given):
        return Tables([partial(Normal, 1.0), partial(Normal, 2.0)], [2, dim - 2], dim=dim, **given)

    check(make, tmp_path)


def test_widths_that_are_not_those_of_the_rows_are_refused(tmp_path):
    with pytest.raises(Mistake, match="widths must sum to dim 6, got"):
        table.made(partial(Tables, [partial(Normal, 1.0)], [5]), tmp_path)


def test_a_member_reads_as_many_of_the_last_items_as_it_knows_and_its_own_dimensions():
    lengths, several = (2, 5, 4), backbones(5, 3)
    met = backbone.some(lengths, 8)
    found = several(met)
    for row, length in enumerate(lengths):
        ids, items, real, times = (part[row : row + 1] for part in vars(met).values())
        for member, own, interests, most in ((0, slice(0, 5), slice(0, 2), 5),
                                             (1, slice(5, 8), slice(2, 5), 3)):  # fmt: skip
            known = slice(max(length - most, 0), length)
            last = Histories(ids[:, known], items[:, known, own], real[:, known], times[:, known])
            alone = several.members[member](last)
            vectors, routing = found.vectors[row, interests], found.routing[row, interests]
            torch.testing.assert_close(vectors[:, own], alone.vectors[0])
            torch.testing.assert_close(routing[:, known], alone.routing[0])
            vectors[:, own], routing[:, known] = 0, 0
            assert not vectors.any() and not routing.any()


def test_without_the_routing_of_a_member_there_is_none():
    class Unrouted(torch.nn.Module):
        def forward(self, met):
            return Interests.unrouted(met.items[:, :1], met.items[:, 0])

    several = Backbones([ComiRecSA(5, 2, 5, 2, 0.0), Unrouted()], [5, 3], [5, 5])
    assert several(backbone.some((2, 5), 8)).routing.shape == (2, 3, 0)


def test_linear_mixes_probabilities_and_logarithmic_has_the_mean_of_scores():
    p, w = tensor([[0.5, 0.1], [0.25, 0.4]]), tensor([0.75, 0.25])
    given = (p * w[:, None]).log()
    linear, logarithmic = Linear([3.0, 1.0]), Logarithmic([3.0, 1.0])
    assert linear.weights == logarithmic.weights == [0.75, 0.25]
    torch.testing.assert_close(linear(given, None), (w @ p).log())
    torch.testing.assert_close(logarithmic(given, None), w @ given)
    equal = tensor([[-1.0, -3.0], [-2.0, -4.0]])
    torch.testing.assert_close(Logarithmic([2.0, 2.0])(equal, None), tensor([-1.5, -3.5]))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_weight_must_be_above_zero_and_each_member_has_one(pooling):
    with pytest.raises(Mistake, match=r"weights must be above 0, got \[1.0, 0.0\]"):
        pooling([1.0, 0.0])
    with pytest.raises(Mistake, match="weights must have a weight for each of the 2"):
        Aggregations([Maximum(), Maximum()], [2, 2], [1, 1], pooling([1.0]))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_member_of_which_no_interest_is_kept_has_no_say(pooling):
    scores = tensor([[-math.inf, -math.inf], [-3.0, -2.0]])
    found = pooling([1.0, 1.0])(scores, None)
    assert found.isfinite().all() and found[1] > found[0]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_pooled_score_is_written_where_it_is_wanted(pooling):
    several = Aggregations([Maximum(), LogSumExp(1.0)], [2, 2], [2, 3], pooling([1.0, 2.0]))
    each, out = torch.randn(4, 5, 7), torch.full((4, 7), math.nan)
    several.pool(each, out=out)
    torch.testing.assert_close(out, several.pool(each))


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("member", [Maximum, partial(LogSumExp, 2.0), partial(Weighted, 0.1)])
@torch.no_grad()
def test_equal_members_score_as_one_of_them_does(member, pooling):
    """As probabilities, but for a constant of the pooling."""
    vectors, rows = torch.randn(2, 3, 4), torch.randn(9, 4)
    wide = torch.cat(
        [torch.cat([vectors, 0 * vectors], 2), torch.cat([0 * vectors, vectors], 2)], 1
    )
    several = Aggregations([member(), member()], [4, 4], [3, 3], pooling([1.0, 1.0]))
    found = scores(several, wide, torch.cat([rows, rows], 1))
    alone = scores(member(), vectors, rows)
    torch.testing.assert_close(found.log_softmax(1), alone.log_softmax(1))


def test_how_much_the_interests_count_sums_to_one_and_follows_the_weights():
    several = Aggregations([Maximum(), Weighted(0.1)], [4, 4], [3, 2], Linear([3.0, 1.0]))
    found = several(some_interests(), lambda: torch.randn(9, 8))
    assert found.vectors.shape == (2, 4, 8)
    torch.testing.assert_close(found.weight[0], tensor([0.25, 0.25, 0.25, 0.25]))


def test_a_member_scales_its_own_dimensions():
    x = tensor([[2.0, 3.0, 4.0]])
    found = Similarities([Inner(4.0), Cosine(1.0)], [1, 2])(x)
    torch.testing.assert_close(found, tensor([[1.0, 0.6, 0.8]]))


def some_interests():
    return Interests.unrouted(torch.randn(2, 5, 8), torch.randn(2, 8))


def scores(aggregation, vectors, table):
    mixture = aggregation(Interests.unrouted(vectors, vectors.mean(1)), lambda: table)
    return aggregation.pool(interest_scores(mixture, table))[:, 1:]
