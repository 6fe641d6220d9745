"""Synthetic data has exactly the counts of its options, and the skew of real data."""

import numpy as np
import pytest

from bam.data.dataset.build import store
from bam.data.dataset.synthetic import synthetic
from bam.errors import Mistake
from bam.records import Interactions

OPTIONS = {
    "num_users": 300,
    "num_items": 1000,
    "num_interactions": 12_345,
    "shortest": 5,
    "spread": 1.0,
    "flatness": 20.0,
    "seed": 3,
}


def make(tmp_path, **changed) -> Interactions:
    return synthetic(name="synthetic", cache=str(tmp_path), **{**OPTIONS, **changed})


def test_the_counts_are_exact(tmp_path):
    data = make(tmp_path)
    assert (len(data.offsets) - 1, data.num_items, len(data.items)) == (300, 1000, 12_345)
    assert int(data.offsets[-1]) == 12_345 and int(data.offsets[0]) == 0
    assert int(data.items.min()) >= 1 and int(data.items.max()) <= 1000
    assert len(store.read_catalogue(data.folder)) == 1000


def test_the_counts_are_exact_when_items_are_written_in_many_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("bam.data.dataset.synthetic.CHUNK", 1000)
    items = make(tmp_path).items
    assert len(items) == 12_345 and int(items.min()) >= 1


def test_lengths_are_skewed_and_none_is_too_short(tmp_path):
    lengths = make(tmp_path).offsets.diff().numpy()
    assert lengths.min() >= 5 and np.median(lengths) < lengths.mean() < lengths.max() / 3


def test_few_items_are_popular_and_their_ids_lie_anywhere(tmp_path):
    count = np.bincount(make(tmp_path).items.numpy(), minlength=1001)[1:]
    popular = count.argsort()[-100:]
    assert count[popular].sum() > 0.35 * 12_345
    assert 300 < popular.mean() < 700


def test_the_seed_decides(tmp_path):
    first, again, other = make(tmp_path), make(tmp_path / "again"), make(tmp_path, seed=4)
    assert first.items.equal(again.items) and not first.items.equal(other.items)


@pytest.mark.parametrize(
    ("option", "value"),
    [("num_users", 0), ("num_interactions", 1499), ("spread", 0.0), ("flatness", -1.0)],
)
def test_impossible_options_are_refused(tmp_path, option, value):
    with pytest.raises(Mistake, match=f"^{option} must"):
        make(tmp_path, **{option: value})
