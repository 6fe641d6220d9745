"""Items that no interaction has trained, from their features."""

import numpy as np
import polars as pl
import pytest

import bam
from bam.data.dataset.build import store
from tests.experiment.planted import PLANTED

CLUSTERS, SIZE, USERS = 10, 12, 300
COLD = set(range(1, CLUSTERS * SIZE + 1, SIZE))  # the first item of each cluster


@pytest.fixture
def cold(tmp_path, monkeypatch):
    """Users of two clusters; the genre of an item is its cluster, and one of each is never met."""
    monkeypatch.chdir(tmp_path)
    random, rows = np.random.default_rng(1), {"train": [], "valid": [], "test": []}
    for user in range(USERS):
        own = random.choice(CLUSTERS, 2, replace=False)
        items = random.permutation([SIZE * c + 1 + i for c in own for i in range(SIZE)])
        warm, new = ([i for i in items if (i in COLD) == is_cold] for is_cold in (False, True))
        rows["train"] += [(user, i) for i in warm[:11]]
        rows["valid"].append((user, warm[11]))
        rows["test"].append((user, new[0]))
    for name, pairs in rows.items():
        (tmp_path / "raw").mkdir(exist_ok=True)
        frame = pl.DataFrame(pairs, schema=["user", "item"], orient="row")
        frame.write_csv(tmp_path / "raw" / f"{name}.csv")
    genre = pl.DataFrame({"item": range(1, CLUSTERS * SIZE + 1)}).with_columns(
        title=pl.lit(""), genres=(pl.col("item") - 1) // SIZE
    )
    another = genre[:1].with_columns(item=pl.lit(500, pl.Int64))  # of the first cluster, too
    pl.concat([genre, another]).write_csv(tmp_path / "items.csv")
    return (*PLANTED[1:], "dataset=table", "dataset.raw=raw",
            "dataset.columns={user: user, item: item}", "dataset.catalogue=items.csv",
            "dataset.cold_items=true",
            "dataset.name=cold",
            "dataset.catalogue_columns={item: item, title: title, genres: genres}",
            "split=given", "backbone=comirec_sa", "num_interests=2", "history_length=12",
            "trainer.max_steps=300")  # fmt: skip


def test_an_item_with_features_and_no_interactions_is_recommended(cold):
    """Its rank is behind some of its user's clusters that have trained, and before all others."""
    ranks = {}
    for table in ("normal", "features"):
        run = bam.train(*cold, f"table={table}", f"name={table}")
        ranks[table] = np.median(np.load(run.folder / "ranks.npy"))
    assert ranks["features"] <= 25 and ranks["normal"] >= 60
    history = store.read_catalogue(run.folder.parents[1] / "data" / "cold").filter(
        pl.col("genres") == "0"
    )["original_id"]
    lists = run.recommend(history.to_list()[1:11], n=12)
    assert lists.filter("cold")["item"].to_list()[:1] in (["1"], ["500"])
