"""Items by the ids of their source."""

import polars as pl
import torch

from bam.data.dataset.build.store import CATALOGUE, COLUMNS
from bam.serving.items import read_items


def items_of(folder, rows, count):
    pl.DataFrame(rows, schema=COLUMNS, orient="row").write_csv(
        folder / CATALOGUE, separator="\t", quote_style="never"
    )
    return read_items(folder, torch.tensor(count))


ROWS = [
    (2, "007", "Dr. No", "Action|Drama"),
    (1, "7", "", "Drama"),
    (3, "x y", 'A "quoted" one', ""),
]


def test_an_item_has_the_id_and_the_title_of_its_source(tmp_path):
    found = items_of(tmp_path, ROWS, [0, 4, 9, 4])
    assert found.frame["id"].to_list() == ["", "7", "007", "x y"]
    assert found.titles([3, 2, 1]) == ['A "quoted" one', "Dr. No", ""]
    assert found.texts([2, 2]) == ["007", "007"] and found.texts([]) == []
    assert found.find(["x y", "7", "nothing", ""]) == ([3, 1], ["nothing", ""])


def test_an_item_without_a_name_has_its_number(tmp_path):
    found = items_of(tmp_path, ROWS[:1], [0, 1, 1, 1])
    assert found.frame["id"].to_list() == ["", "1", "007", "3"]
    assert found.find(["3"]) == ([3], [])


def test_popular_items_come_by_their_count_and_ties_by_their_number(tmp_path):
    assert items_of(tmp_path, ROWS, [0, 4, 9, 4]).popular.tolist() == [2, 1, 3]


def test_cold_items_are_those_without_an_interaction(tmp_path):
    found = items_of(tmp_path, ROWS, [0, 0, 9, 0])
    assert found.cold(torch.tensor([3, 2, 1, 3])) == ["7", "x y"]
    assert found.is_cold(torch.tensor([3, 2])).tolist() == [True, False]
    assert found.cold(torch.tensor([], dtype=torch.int64)) == []


def test_genres_are_sets(tmp_path):
    genres = items_of(tmp_path, ROWS, [0, 1, 1, 1]).genres
    assert genres.tolist() == [[False, False], [False, True], [True, True], [False, False]]
