"""Every option of conf/table."""

import pytest
import torch

from bam.config.instantiate import build
from bam.model.table.counts import Counts
from bam.model.table.normal import Normal
from tests.broken.table import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import table as contract


@pytest.mark.parametrize("name", options("table"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_table_keeps_the_contract(configured, name, check):
    check(build(configured(f"table={name}")["table"], "table"))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_table_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


def test_normal_rows_have_variance_two_over_dim_and_padding_none():
    table = torch.empty(20_001, 64)
    Normal(1.0)(table, lambda: torch.zeros(20_001))
    assert abs(table[1:].std().item() - (2 / 64) ** 0.5) < 1e-3 and not table[0].any()


def test_counts_are_the_rows():
    table = torch.empty(4, 1)
    Counts()(table, lambda: torch.tensor([0, 5, 0, 2]))
    assert table[:, 0].tolist() == [0, 5, 0, 2]
