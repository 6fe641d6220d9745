"""Every option of conf/blending; each is a loop over items."""

import math

import pytest
import torch

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.model.blend import Scores
from bam.model.blending.linear import Linear
from bam.model.blending.logarithmic import Logarithmic
from bam.nn.logsumexp import log_sum_exp
from tests.broken.blending import REFUSED
from tests.conftest import options
from tests.contracts import blending as contract
from tests.contracts import checks, refusing
from tests.contracts.blending import B, K, V, scores, shares


@pytest.fixture
def builder(configured):
    def of(name, *overrides):
        node = configured(f"blending={name}", *overrides)["blending"]
        return lambda num_items: build(node, "blending", num_items=num_items)

    return of


@pytest.mark.parametrize("name", options("blending"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_blending_keeps_the_contract(builder, name, check):
    check(builder(name))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_blending_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


def every(given: Scores):
    """The score of each item by each user, in float64: [B V]."""
    mixture = given.mixture
    each = mixture.vectors.double() @ given.table().double().T + mixture.log_weight[..., None]
    return given.pool(each)


def test_logarithmic_is_its_equation():
    found, known = Logarithmic(V, 2.5)(shares(), scores()), shares()
    for share, added in zip(known.score.tolist(), found.score.tolist(), strict=True):
        assert added == pytest.approx(2.5 * math.log1p(V * share), rel=1e-5)


def test_linear_orders_items_by_the_mixed_probabilities():
    """Also the items that the memory does not know: log p differs by one constant a user."""
    weight, given, known = 0.3, scores(), shares()
    found = Linear(V, weight)(known, given)
    probability = every(given).softmax(1)
    share = torch.zeros(B, V).double()
    share[known.row, known.item - 1] = known.score.double()
    mixed = ((1 - weight) * probability + weight * share).log()
    score = every(given)
    score[found.row, found.item - 1] += found.score
    apart = score - mixed
    torch.testing.assert_close(apart, apart[:, :1].expand_as(apart), atol=1e-4, rtol=1e-4)


def test_linear_with_scores_far_below_log_z_is_finite():
    given = scores()
    given.mixture.vectors.mul_(1000)
    assert Linear(V, 0.3)(shares(), given).score.isfinite().all()


@pytest.mark.parametrize("dense", [0, 1000])
def test_scores_of_pairs_and_the_sum_over_all_items_do_not_depend_on_blocks(monkeypatch, dense):
    row, item = torch.arange(B).repeat_interleave(V), torch.arange(1, V + 1).repeat(B)
    given = scores()
    given.mixture.log_weight.copy_(torch.randn(B, K))
    monkeypatch.setattr("bam.model.blend.PAIRS", 7)
    monkeypatch.setattr("bam.model.blend.DENSE", dense)
    monkeypatch.setattr("bam.model.scores.ITEMS", 8)
    expected = every(given)
    torch.testing.assert_close(given.of(row, item).view(B, V), expected.float())
    torch.testing.assert_close(given.log_sum(), log_sum_exp(expected, -1).float())


def test_no_pairs_have_no_scores():
    none = torch.empty(0, dtype=torch.int64)
    assert scores().of(none, none).shape == (0,)


@pytest.mark.parametrize(
    ("name", "option", "value", "rule"),
    [
        ("logarithmic", "strength", -1.0, "must be at least 0, got -1.0"),
        ("linear", "weight", 1.0, "must be at least 0 and below 1, got 1.0"),
    ],
)
def test_a_value_out_of_range_is_named(builder, name, option, value, rule):
    with pytest.raises(Mistake, match=f"blending.{option} {rule}"):
        builder(name, f"blending.{option}={value}")(V)
