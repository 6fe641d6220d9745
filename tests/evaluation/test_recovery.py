"""Recovery: interests against the categories of the items that they take."""

from itertools import combinations

import pytest
import torch

from bam.model.aggregation.weighted import Weighted
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.records import Interests
from tests.recovery import adjusted_rand_index, recovery

NO_TIMES = torch.empty(2, 0, dtype=torch.int64)
READ = torch.tensor([[1, 2, 3, 4], [3, 1, 0, 0]])


def test_equal_partitions_have_1_under_any_names():
    assert adjusted_rand_index(torch.tensor([0, 0, 1, 2]), torch.tensor([7, 7, 3, 5])) == 1
    assert adjusted_rand_index(torch.tensor([4, 4, 4]), torch.tensor([1, 1, 1])) == 1


def test_one_part_for_everything_has_0():
    assert adjusted_rand_index(torch.zeros(4).long(), torch.tensor([0, 0, 1, 1])) == 0


def test_the_index_counts_pairs_beyond_chance():
    """By pairs one by one: both together, mine, yours, of N (N - 1) / 2."""
    found, true = torch.randint(3, (30,)).tolist(), torch.randint(4, (30,)).tolist()
    pairs = list(combinations(range(30), 2))
    mine = {(i, j) for i, j in pairs if found[i] == found[j]}
    yours = {(i, j) for i, j in pairs if true[i] == true[j]}
    chance = len(mine) * len(yours) / len(pairs)
    expected = (len(mine & yours) - chance) / ((len(mine) + len(yours)) / 2 - chance)
    index = adjusted_rand_index(torch.tensor(found), torch.tensor(true))
    assert index == pytest.approx(expected)


def test_random_partitions_have_0_on_average():
    drawn = [adjusted_rand_index(*torch.randint(3, (2, 20))) for _ in range(500)]
    assert sum(drawn) / 500 == pytest.approx(0, abs=0.02)


class ByRouting(torch.nn.Module):
    """Items 1 and 2 are in the first interest, 3 and 4 in the second; all vectors are equal."""

    def forward(self, met):
        first = (met.ids <= 2) & met.real
        routing = torch.stack([first, ~first & met.real], 1).float()
        same = torch.ones(len(met.ids), 2, 2)
        return Interests(same, routing, same[:, 0])


class ByScores(torch.nn.Module):
    """The interests are the two axes, and there is no routing."""

    def forward(self, met):
        axes = torch.eye(2).expand(len(met.ids), -1, -1)
        return Interests.unrouted(axes, axes[:, 0])


def model(backbone):
    """Items 1 and 2 lie on the first axis, 3 and 4 on the second."""
    rows = Rows(torch.tensor([[0.0, 0], [1, 0], [2, 0], [0, 1], [0, 2]]), sparse=False)
    return Recommender(rows, backbone, Inner(1.0), Weighted(0.1))


@pytest.mark.parametrize("backbone", [ByRouting(), ByScores()])
def test_interests_that_take_the_items_of_one_category_each_have_1(backbone):
    right, wrong = torch.tensor([0, 5, 5, 8, 8]), torch.tensor([0, 5, 8, 5, 8])
    found, missed = (recovery(model(backbone), READ, NO_TIMES, one) for one in (right, wrong))
    assert found.tolist() == [1, 1] and missed[0] < 0
