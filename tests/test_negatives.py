"""Every option of conf/negatives."""

import pytest
import torch

from bam.experiment.compose import build
from bam.mistake import Mistake
from tests.conftest import options

DRAWN = [name for name in options("negatives") if name != "none"]


@pytest.mark.parametrize("name", DRAWN)
def test_negatives_are_real_items_drawn_evenly(configured, name):
    node = configured(f"negatives={name}", "num_negatives=4000")["negatives"]
    drawn = build(node, "negatives", num_items=5)(torch.ones(10, dtype=torch.int64))
    share = torch.bincount(drawn.flatten(), minlength=6) / drawn.numel()
    assert share[0] == 0  # padding is never drawn
    torch.testing.assert_close(share[1:], torch.full((5,), 0.2), atol=0.03, rtol=0)


def test_shared_negatives_are_one_row_and_per_row_negatives_one_each(configured):
    rows = {
        name: build(configured(f"negatives={name}")["negatives"], "negatives", num_items=9)(
            torch.ones(7, dtype=torch.int64)
        ).shape[0]
        for name in ("shared", "per_row")
    }
    assert rows == {"shared": 1, "per_row": 7}


@pytest.mark.parametrize("name", DRAWN)
def test_no_negatives_at_all_are_refused(configured, name):
    node = configured(f"negatives={name}", "num_negatives=0")["negatives"]
    with pytest.raises(Mistake, match="num_negatives must be at least 1, got 0"):
        build(node, "negatives", num_items=5)


def test_none_draws_nothing(configured):
    node = configured("negatives=none")["negatives"]
    assert build(node, "negatives", num_items=5)(torch.ones(7).long()).shape == (1, 0)
