"""What each test user is."""

import polars as pl
import torch

from bam.data.dataset.build import store
from bam.evaluation.users import HISTORY, POPULARITY, describe_users
from bam.records import Interactions, Spans


def test_a_user_has_its_history_before_the_targets_and_the_mean_count_of_these(tmp_path):
    names = pl.DataFrame({"user": [0, 1], "original_id": ["ann", "bob"]})
    items = pl.DataFrame({"item": [1], "original_id": ["x"], "title": [""], "genres": [""]})
    store.write_names(tmp_path, names, items)
    offsets = torch.tensor([0, 5, 8])
    data = Interactions(
        "made", tmp_path, torch.tensor([1, 2, 3, 4, 1, 3, 3, 2]).int(), offsets,
        store.NO_TIMES, store.NO_PART, 4, "",
    )  # fmt: skip
    spans = Spans(torch.tensor([0, 5]), torch.tensor([3, 7]), torch.tensor([5, 8]))
    found = describe_users(data, spans, torch.tensor([0, 10, 20, 30, 40]))
    assert found["user"].to_list() == ["ann", "bob"]
    assert found[HISTORY].to_list() == [3, 2]
    assert found[POPULARITY].to_list() == [(40 + 10) / 2, 20]
