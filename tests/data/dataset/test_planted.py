"""Planted users follow their planted interests."""

import pytest

from bam.config.instantiate import build
from bam.data.dataset.build import store
from bam.data.dataset.planted import planted
from bam.errors import Mistake
from bam.records import Interactions

OPTIONS = {
    "num_users": 50,
    "num_items": 40,
    "num_clusters": 8,
    "clusters_per_user": 2,
    "length": 6,
    "hours": 0,
    "seed": 3,
}


def plant(tmp_path, **changed: int) -> Interactions:
    return planted(name="planted", cache=str(tmp_path), **{**OPTIONS, **changed})


def test_a_user_has_items_of_few_clusters_and_none_twice(tmp_path):
    items = plant(tmp_path).items.reshape(50, 6)
    for row in items.tolist():
        assert len({(item - 1) // 5 for item in row}) <= 2 and len(set(row)) == 6


def test_every_item_is_in_the_catalogue_with_its_cluster(tmp_path):
    data = plant(tmp_path)
    assert data.num_items == 40
    assert store.read_catalogue(data.folder).row(5) == (6, "6", "item 6", "cluster 2")


def test_the_seed_decides_and_each_choice_has_its_own_folder(tmp_path):
    first, again, other = plant(tmp_path), plant(tmp_path / "again"), plant(tmp_path, seed=4)
    assert first.items.equal(again.items) and not first.items.equal(other.items)
    assert first.folder != other.folder


def test_times_rise_by_hours_and_change_no_item(tmp_path):
    without, timed = plant(tmp_path), plant(tmp_path, hours=5)
    assert len(without.times) == 0 and timed.items.equal(without.items)
    apart = timed.times.reshape(50, 6).diff(dim=1)
    assert apart.min() >= 1 and 4 < apart.double().mean() / 3600 < 6
    assert timed.times.equal(plant(tmp_path / "again", hours=5).times)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("num_users", 0),
        ("num_clusters", 7),
        ("clusters_per_user", 9),
        ("length", 11),
        ("hours", -1),
        ("hours", 10**6),
    ],
)
def test_impossible_options_are_refused(tmp_path, option, value):
    with pytest.raises(Mistake, match=f"^{option} must"):
        plant(tmp_path, **{option: value})


def test_each_option_has_the_type_of_its_field(tmp_path):
    target = {"_target_": "bam.data.dataset.planted.planted"}
    node = {**target, "name": "planted", "cache": str(tmp_path), **OPTIONS}
    assert build({**node, "length": "6"}, "dataset").items.equal(plant(tmp_path).items)
    with pytest.raises(Mistake, match=r"dataset\.num_users must be int, got 'x'"):
        build({**node, "num_users": "x"}, "dataset")
    with pytest.raises(Mistake, match=r"dataset\.seeds is no option of planted; it has: cache, "):
        build({**node, "seeds": 1}, "dataset")
