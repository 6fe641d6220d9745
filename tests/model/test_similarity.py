"""Every option of conf/similarity."""

import math

import pytest
import torch

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.model.similarity.cosine import Cosine
from bam.model.similarity.inner import Inner
from tests.broken.similarity import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import similarity as contract


@pytest.fixture(params=options("similarity"))
def similarity(request, configured):
    node = configured(f"similarity={request.param}", "similarity.temperature=0.3")["similarity"]
    return build(node, "similarity")


@pytest.mark.parametrize("check", checks(contract))
def test_every_similarity_keeps_the_contract(similarity, check):
    check(similarity)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_similarity_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules


def test_the_inner_product_at_temperature_one_is_the_very_tensor():
    x = torch.randn(3, 4)
    assert Inner(1.0)(x) is x


def test_inner_products_are_divided_by_the_temperature():
    m, e = torch.tensor([3.0, 4.0]), torch.tensor([1.0, 2.0])
    assert float(Inner(0.5)(m) @ Inner(0.5)(e)) == pytest.approx(11 / 0.5)


def test_cosines_are_divided_by_the_temperature():
    m, e = torch.tensor([3.0, 4.0]), torch.tensor([1.0, 2.0])
    expected = 11 / (5 * math.sqrt(5)) / 0.05
    assert float(Cosine(0.05)(m) @ Cosine(0.05)(e)) == pytest.approx(expected)


def test_a_vector_without_a_direction_gets_no_gradient_that_is_larger_than_that_of_others():
    x = torch.zeros(2, 4)
    x[0] = 1.0
    x.requires_grad_()
    Cosine(1.0)(x).sum(1).square().sum().add(Cosine(1.0)(x)[1].sum()).backward()
    assert x.grad[1].tolist() == [1.0] * 4


def test_a_cosine_does_not_depend_on_lengths():
    x = torch.randn(2, 3, 4)
    torch.testing.assert_close(Cosine(0.1)(7 * x), Cosine(0.1)(x))


@pytest.mark.parametrize("kind", [Inner, Cosine])
@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_not_above_zero_is_refused(kind, temperature):
    with pytest.raises(Mistake, match="temperature must be above 0, got"):
        kind(temperature)
