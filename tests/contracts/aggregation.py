"""What every aggregation must do: how K scores of an item become one."""

import math

import torch

from bam.model.scores import interest_scores
from bam.records import Interests

DIM = 4


def check_a_pooled_score_is_from_the_best_to_log_k_above(aggregation):
    for interests in (1, 3, 7):
        each = 3 * torch.randn(5, interests, 9)
        pooled, best = aggregation.pool(each), each.amax(1)
        assert pooled.shape == best.shape
        assert (pooled >= best - 1e-5).all()
        assert (pooled <= best + math.log(interests) + 1e-5).all()


def check_a_row_does_not_depend_on_the_others(aggregation):
    vectors, table = torch.randn(5, 3, DIM), torch.randn(9, DIM)
    found = scores(aggregation, vectors, table)
    for row in range(5):
        alone = scores(aggregation, vectors[row : row + 1], table)
        torch.testing.assert_close(alone[0], found[row])


def check_an_item_does_not_depend_on_the_others(aggregation):
    vectors, table = torch.randn(5, 3, DIM), torch.randn(9, DIM)
    found = scores(aggregation, vectors, table)
    torch.testing.assert_close(scores(aggregation, vectors, table[4:5])[:, 0], found[:, 4])


def check_one_interest_scores_by_its_inner_product(aggregation):
    """But for what it adds to all items: how active the interest is."""
    vectors, table = torch.randn(2, 1, DIM), torch.randn(5, DIM)
    added = scores(aggregation, vectors, table) - vectors[:, 0] @ table.T
    torch.testing.assert_close(added, added[:, :1].expand(-1, 5))


def check_the_order_of_the_interests_does_not_matter(aggregation):
    vectors, table = torch.randn(2, 3, DIM), torch.randn(5, DIM)
    turned = scores(aggregation, vectors.roll(1, dims=1), table)
    torch.testing.assert_close(turned, scores(aggregation, vectors, table))


def check_a_score_that_is_not_a_number_stays_so(aggregation):
    vectors = torch.randn(1, 3, DIM)
    vectors[0, 1] = math.nan
    assert scores(aggregation, vectors, torch.randn(5, DIM)).isnan().all()


def check_no_weight_of_an_interest_is_above_one(aggregation):
    found = mixture(aggregation, torch.randn(2, 3, DIM), torch.randn(5, DIM))
    assert found.log_weight.shape == found.vectors.shape[:2]
    assert (found.log_weight <= 1e-6).all()


def check_how_much_the_interests_count_sums_to_one(aggregation):
    """Where their lists are merged; also where what is added to the scores does not."""
    for is_training in (True, False):
        found = mixture(aggregation.train(is_training), torch.randn(2, 3, DIM), torch.randn(5, DIM))
        assert found.weight.shape == found.log_weight.shape and found.weight.min() >= 0
        torch.testing.assert_close(found.weight.sum(1), torch.ones(2))


def check_a_pooled_score_is_written_where_it_is_wanted(aggregation):
    each, out = torch.randn(2, 3, 5), torch.full((2, 5), math.nan)
    aggregation.pool(each, out=out)
    torch.testing.assert_close(out, aggregation.pool(each))


@torch.no_grad()
def scores(aggregation, vectors, table):
    return aggregation.pool(interest_scores(mixture(aggregation, vectors, table), table))


def mixture(aggregation, vectors, table):
    """Each user's summary is the mean of the interests, so that their order does not matter."""
    return aggregation(Interests(vectors, vectors[:, :, :0], vectors.mean(1)), lambda: table)
