"""The figures of a data set, on data that can be counted by hand."""

from dataclasses import replace

import polars as pl
import pytest
import torch

from bam.data.describe import describe
from bam.data.order import order_information
from bam.errors import Mistake
from tests.data.dataset.own_table import TIMED, prepare, write

LINES = [("a", 1, 10), ("a", 2, 10), ("a", 1, 20), ("b", 1, 86_420), ("b", 3, 86_420),
         ("c", 1, 5)]  # fmt: skip


@pytest.fixture
def data(tmp_path):
    """Six interactions of three users with three items: a 1 2 1, b 1 3, c 1."""
    text = "user,item,time\n" + "".join(f"{u},{i},{t}\n" for u, i, t in LINES)
    return prepare(write(tmp_path / "mine.csv", text), TIMED, time_format="s")


def many(data, histories):
    """The same data set with other histories, without times."""
    length = torch.tensor([len(history) for history in histories])
    return replace(
        data,
        items=torch.tensor([item for history in histories for item in history]).int(),
        offsets=torch.cat([torch.zeros(1, dtype=torch.int64), length.cumsum(0)]),
        times=torch.empty(0, dtype=torch.int64),
        num_items=max(map(max, histories)),
    )


def test_counts_lengths_and_density_are_those_of_the_data(data):
    found = describe(data)
    assert (found["users"], found["items"], found["interactions"]) == (3, 3, 6)
    assert found["density"] == pytest.approx(6 / 9)
    lengths = found["lengths"]
    assert (lengths["min"], lengths["median"], lengths["mean"], lengths["max"]) == (1, 2, 2, 3)
    assert lengths["deciles"] == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_popularity_is_the_share_of_the_top_items_and_the_gini_index(data):
    found = describe(data)["popularity"]
    assert found["top_1_percent"] == found["top_10_percent"] == pytest.approx(4 / 6)
    assert found["gini"] == pytest.approx((-2 * 1 + 0 * 1 + 2 * 4) / (3 * 6))
    even = describe(many(data, [[1, 2, 3], [1, 2, 3]]))["popularity"]
    assert even["gini"] == pytest.approx(0) and even["without_interaction"] == 0
    assert describe(many(data, [[1, 3]]))["popularity"]["without_interaction"] == 1


def test_an_item_met_before_counts_as_a_repeat(data):
    assert describe(data)["repeats"] == {"interactions": 1 / 6, "last_items": 1 / 2}


def test_times_have_a_span_and_equal_neighbours_of_one_user(data):
    times = describe(data)["times"]
    assert times["first"] == "1970-01-01T00:00:05+00:00" and times["equal_neighbours"] == 2 / 3
    assert times["days"] == pytest.approx((86_420 - 5) / 86_400)
    assert describe(many(data, [[1, 2]]))["times"] is None


def test_a_time_of_any_year_has_a_name(data):
    times = describe(replace(data, times=torch.tensor([-90_000_000_000] * 5 + [300_000_000_000])))
    assert times["times"]["first"].startswith("-882-")
    assert times["times"]["last"] == "11476-08-15T05:20:00+00:00"


def test_titles_and_genres_are_shares_of_the_items(tmp_path):
    items = write(tmp_path / "items.csv", "item,title,genres\n1,Up,\n2,Her,Film\n")
    raw = write(tmp_path / "mine.csv", "user,item,time\na,1,1\na,2,2\nb,3,3\nb,4,4\n")
    columns = {"item": "item", "title": "title", "genres": "genres"}
    described = {"catalogue": str(items), "catalogue_columns": columns, "time_format": "s"}
    found = describe(prepare(raw, TIMED, **described))["catalogue"]
    assert found == {"titles": 0.5, "genres": 0.25}


@pytest.mark.parametrize(
    ("items", "ending"),
    [
        ('{"item":"1","genres":["x","y"]}\n{"item":"2","genres":"z"}\n', "jsonl"),
        ("item;genres\n1;['x', 'y']\n", "csv"),
        (pl.DataFrame({"item": ["1"], "genres": [{"a": 1}]}), "parquet"),
        (pl.DataFrame({"item": ["1"], "genres": [[{"a": 1}]]}), "parquet"),
    ],
)
def test_genres_are_texts_or_lists_and_nothing_else(tmp_path, items, ending):
    raw = write(tmp_path / "mine.csv", "user,item,time\na,1,1\na,2,2\nb,3,3\nb,4,4\n")
    path = write(tmp_path / f"items.{ending}", items)
    columns = {"item": "item", "genres": "genres"}
    described = {"catalogue": str(path), "catalogue_columns": columns, "time_format": "s"}
    with pytest.raises(Mistake, match=r"column genres must hold a text such as A.B, or a list"):
        prepare(raw, TIMED, **described)


def test_where_each_item_has_one_successor_the_order_finds_all_last_items(data):
    circle = [[(start + step) % 50 + 1 for step in range(40)] for start in range(50)]
    found = order_information(many(data, circle))
    assert found["true"] == 1 and found["shuffled"] < 0.6 and found["users"] == 50


def test_where_the_order_is_random_it_says_nothing(data):
    torch.manual_seed(0)
    drawn = [(torch.randperm(60)[:20] + 1).tolist() for _ in range(2000)]
    found = order_information(many(data, drawn))
    assert abs(found["true"] - found["shuffled"]) < 4 * found["standard_error"]


def test_the_pair_that_ends_with_a_target_is_not_counted(data):
    alone = [[2 * user + 1, 2 * user + 2, 200 + user] for user in range(30)]
    assert order_information(many(data, alone))["true"] == 0


def test_equal_counts_are_ordered_by_popularity_and_then_by_id(data):
    """1 has 11 successors, once each: 20 is the most popular, and 30 has the largest id."""
    histories = [[1, item, 99] for item in [20, *range(21, 31)]] + [[20, 50, 99]] * 3
    assert order_information(many(data, [*histories, [60, 1, 20]]))["true"] == pytest.approx(1 / 15)
    assert order_information(many(data, [*histories, [60, 1, 29]]))["true"] == pytest.approx(1 / 15)
    assert order_information(many(data, [*histories, [60, 1, 30]]))["true"] == 0


def test_users_with_two_items_have_no_target_of_the_order(data):
    assert order_information(many(data, [[1, 2], [2, 1]]))["users"] == 0
