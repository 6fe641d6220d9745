"""Every option of conf/table."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from torch import tensor

from bam.config.instantiate import build
from bam.data.cooccurrence import nearest_items
from bam.data.dataset.build import store
from bam.errors import Mistake
from bam.model.table.cooccurrence import Cooccurrence
from bam.model.table.counts import Counts
from bam.model.table.features import Features
from bam.model.table.normal import draw_rows
from bam.model.table.svd import Svd
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


def test_svd_rows_are_the_largest_directions_of_what_is_more_than_chance():
    item = torch.randint(1, 9, (60,), dtype=torch.int32)
    data = Interactions("small", Path(), item, tensor([0, 30, 60]), NONE, NONE, 9, "")
    train = Spans(tensor([0, 30]), tensor([1, 31]), tensor([30, 60]))
    near = np.zeros((10, 10))
    for start in (0, 30):
        for i in range(start, start + 30):
            for j in range(start, start + 30):
                if 0 < abs(i - j) <= 2 and item[i] != item[j]:
                    near[item[i], item[j]] += 1
    alone = near.sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = near * near.sum() / np.outer(alone, alone)
    P = np.where(near > 0, np.log(np.maximum(ratio, 1)), 0)
    U, S, _ = np.linalg.svd(P)
    rows = Svd(2, data, train, dim=3, sparse=False).every().detach().double()
    best = U[:, :3] * np.sqrt(S[:3])
    torch.testing.assert_close(rows @ rows.T, torch.from_numpy(best @ best.T), rtol=0, atol=1e-4)
    assert not rows[0].any() and not rows[9].any()  # padding, and an item that nobody has met


def test_a_small_catalogue_has_svd_rows_of_any_width():
    rows = Svd(1, **{**GIVEN, "dim": 20}).every()
    assert rows.shape == (6, 20) and rows[1].any() and not rows[:, 6:].any()


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


@pytest.fixture
def described(tmp_path):
    """The small data set with genres, brands and vectors; item 5 is in no training history."""
    genres = ["b|a", "", "a", "c|b|a", "a|b"]
    item = pl.Series("item", range(1, 6), dtype=pl.Int32)
    catalogue = pl.DataFrame([item, item.cast(pl.String).alias("original_id")])
    users = pl.DataFrame({"user": [0, 1], "original_id": ["u", "v"]})
    catalogue = catalogue.with_columns(title=pl.lit(""), genres=pl.Series(genres))
    store.write_names(tmp_path, users, catalogue)
    (tmp_path / "feature-brand.tsv").write_text("item\tvalue\n5\tx\n2\ty\n")
    vectors = np.array([[0, 0], [3, 4], [0, 0], [0, 0], [1, 0], [0, 2]], np.float32)
    np.save(tmp_path / "feature-text.npy", vectors)
    return replace(SMALL, folder=tmp_path), genres, vectors


def test_a_row_is_the_sum_of_what_is_learned_of_the_item_and_of_its_features(described):
    data, genres, vectors = described
    given = {**GIVEN, "data": data}
    table = Features(scale=1.0, features=["genres", "text", "brand"], dropout=0.0, **given).double()
    of_genre, text, of_brand = table.parts
    trained = [False, True, True, True, False, False]
    torch.testing.assert_close(table.every(), table.weight * tensor(trained)[:, None])
    for part in table.parts:
        torch.nn.init.normal_(part.weight)
    length = ((25 + 1 + 4) / 3) ** 0.5  # the root mean square of those that there are
    number, brands = {"b": 1, "a": 2, "c": 3}, {2: 1, 5: 2}
    for i in range(1, 6):
        expected = table.weight[i] * trained[i] + text.weight @ tensor(vectors[i] / length).double()
        values = [number[name] for name in genres[i - 1].split("|") if name]
        expected = expected + sum(of_genre.weight[v] / len(values) for v in values)
        expected = expected + (of_brand.weight[brands[i]] if i in brands else 0)
        torch.testing.assert_close(table(tensor([i]))[0], expected, rtol=1e-6, atol=1e-6)


def test_in_training_some_items_are_their_features_alone(described):
    given = {**GIVEN, "data": described[0], "dim": 1}
    table = Features(scale=1.0, features=["genres"], dropout=0.3, **given)
    drawn = torch.stack([table(tensor([1, 2, 3])) for _ in range(2000)])
    assert abs((drawn == 0).float().mean().item() - 0.3) < 0.03
    assert torch.equal(table.eval().every()[1:4], table.weight[1:4])


def test_an_unknown_feature_is_refused_with_those_that_there_are(described):
    rule = "features must be among those of small: genres, brand, text, got .*'year'"
    with pytest.raises(Mistake, match=rule):
        Features(scale=1.0, features=["year"], dropout=0.0, **{**GIVEN, "data": described[0]})


def test_a_data_set_without_features_is_refused(configured, tmp_path):
    nothing = pl.DataFrame(schema=store.COLUMNS)
    store.write_names(tmp_path, pl.DataFrame({"user": [], "original_id": []}), nothing)
    given = {**GIVEN, "data": replace(SMALL, folder=tmp_path)}
    with pytest.raises(Mistake, match=r"^table.features must be among .* of small: it has none"):
        build(configured("table=features")["table"], "table", **given)


def test_first_values_are_as_much_larger_as_the_scale_says():
    drawn = {}
    for scale in (1.0, 3.0):
        torch.manual_seed(1)
        drawn[scale] = draw_rows(400, 32, scale)
    torch.testing.assert_close(drawn[3.0], 3 * drawn[1.0])
    assert drawn[1.0][1:].std().item() == pytest.approx((2 / 32) ** 0.5, rel=0.02)
