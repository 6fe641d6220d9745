"""Every option of conf/intervals."""

import pytest
import torch

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.model.intervals.positions import Positions
from bam.model.intervals.times import Times
from bam.nn.buckets import bucket
from tests.broken.intervals import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import intervals as contract
from tests.histories import histories


# but for the option of backbones that have no use for them
@pytest.mark.parametrize("name", [name for name in options("intervals") if name != "none"])
@pytest.mark.parametrize("check", checks(contract))
def test_every_measure_of_intervals_keeps_the_contract(configured, name, check):
    check(build(configured(f"intervals={name}", "backbone=pimi")["intervals"], "intervals"))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_broken_intervals_are_refused_by_the_rule_they_break_alone(broken, rules):
    assert refusing(contract, broken) == rules


def test_intervals_are_steps_or_seconds_in_units():
    times = torch.tensor([[100, 160, 400]])
    met = histories(torch.randn(1, 3, 4), torch.ones(1, 3, dtype=torch.bool), times=times)
    assert Positions()(met).tolist() == [[[0, 1, 2], [1, 0, 1], [2, 1, 0]]]
    assert Times(60.0)(met).tolist() == [[[0, 1, 5], [1, 0, 4], [5, 4, 0]]]


def test_a_unit_must_be_above_0():
    with pytest.raises(Mistake, match="unit must be above 0"):
        Times(0.0)


def test_buckets_grow_and_the_last_one_has_the_rest():
    x = torch.tensor([0.0, 0.3, 1, 2, 60, 3600, 1e30])
    assert bucket(x, 128).tolist() == [0, 0, 2, 3, 13, 27, 127]
