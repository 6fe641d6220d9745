"""Every option of conf/table."""

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import tensor

from bam.config.instantiate import build
from bam.data.cooccurrence import nearest_items
from bam.model.table.cooccurrence import Cooccurrence
from bam.model.table.counts import Counts
from bam.model.table.normal import draw_rows
from bam.records import Interactions, Spans
from tests.broken.table import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import table as contract

NONE = torch.empty(0, dtype=torch.int64)
# two users; the last item of each is not trained on
ITEMS = tensor([1, 2, 1, 3, 5, 2, 1, 4], dtype=torch.int32)
SMALL = Interactions("small", Path(), ITEMS, tensor([0, 5, 8]), NONE, NONE, 5, "")
TRAIN = Spans(tensor([0, 5]), tensor([1, 6]), tensor([4, 7]))
GIVEN = {"data": SMALL, "train": TRAIN, "dim": 3, "sparse": False}


@pytest.mark.parametrize("name", options("table"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_table_keeps_the_contract(configured, tmp_path, name, check):
    check(partial(build, configured(f"table={name}")["table"], "table"), tmp_path)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_table_is_refused_by_the_rule_it_breaks_alone(broken, rules, tmp_path):
    assert refusing(contract, lambda: broken, tmp_path) == rules


def test_normal_rows_have_variance_two_over_dim_and_padding_none():
    table = draw_rows(20_000, 64, 1.0)
    assert abs(table[1:].std().item() - (2 / 64) ** 0.5) < 1e-3 and not table[0].any()


def test_counts_are_the_rows():
    assert Counts(**GIVEN).every()[:, 0].tolist() == [0, 3, 2, 1, 0, 0]


def test_items_meet_in_either_order_within_the_steps_of_one_history():
    near, share = nearest_items(SMALL, TRAIN, steps=1, most=2)
    assert near.tolist() == [[0, 0], [2, 3], [1, 0], [1, 0], [0, 0], [0, 0]]
    assert share[1].tolist() == [0.75, 0.25] and share[2].tolist() == [1, 0]
    near, share = nearest_items(SMALL, TRAIN, steps=2, most=1)
    assert near.flatten().tolist() == [0, 2, 1, 1, 0, 0] and share[1:4].tolist() == [[1]] * 3


def test_a_row_is_mixed_with_those_of_the_neighbours():
    own, steps, most, history = 0.4, 2, 2, [[1, 2, 1, 3], [2, 1]]
    table = Cooccurrence(scale=1.0, own=own, steps=steps, neighbours=most, **GIVEN).double()
    T = table.weight.detach()
    for i, row in enumerate(table.every().detach()):
        count = dict.fromkeys(range(1, 6), 0)
        for items in history:
            for s, a in enumerate(items):
                for t, b in enumerate(items):
                    count[b] += a == i and b != i and 0 < abs(s - t) <= steps
        met = sorted((j for j in count if count[j]), key=lambda j: (-count[j], j))[:most]
        total = sum(count[j] for j in met)
        expected = own * T[i] + sum((1 - own) * count[j] / total * T[j] for j in met)
        torch.testing.assert_close(row, expected if met else T[i], rtol=1e-6, atol=1e-7)
