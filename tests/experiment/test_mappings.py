"""Options whose names the user invents are typed as any other option."""

import pytest

import bam

OWN = ("dataset=table", "dataset.raw=a.csv", "dataset.name=own")


@pytest.mark.parametrize(
    "typed",
    [
        ["dataset.features={brand: a.csv, text: v.parquet}"],
        ["++dataset.features={brand: a.csv, text: v.parquet}"],
        ["dataset.features.brand=a.csv", "dataset.features.text=v.parquet"],
    ],
)
def test_features_have_names_of_the_users_own(typed):
    found = bam.compose(*OWN, *typed)["dataset"]["features"]
    assert found == {"brand": "a.csv", "text": "v.parquet"}


def test_features_are_prepared_from_the_command_line(start, tmp_path):
    rows = [f"{user},{chr(97 + (user + n) % 9)}" for user in range(20) for n in range(6)]
    (tmp_path / "a.csv").write_text("\n".join(["uid,sku", *rows]) + "\n")
    (tmp_path / "brands.csv").write_text("item,brand\na,x\nb,y|x\n")
    columns = "dataset.columns={user: uid, item: sku}"
    start("prepare.py", *OWN, columns, "dataset.features={brand: brands.csv}")
    assert (tmp_path / "data" / "own" / "feature-brand.tsv").is_file()


def test_a_name_that_is_close_to_features_is_no_option(start):
    with pytest.raises(SystemExit, match=r"dataset.feature is no option; .*dataset.features"):
        start("prepare.py", "dataset=table", "dataset.feature={brand: a.csv}")


def test_a_baseline_of_a_sweep_needs_no_sign(start, tmp_path):
    baseline = "hydra.callbacks.collect.baseline.selection=hard"
    out = start("train.py", "-m", "dataset=planted", "dim=8", "trainer.max_steps=1",
                "selection=hard,p", baseline, "hydra.sweep.dir=sweep")  # fmt: skip
    assert "against selection=hard" in " ".join(out.split())
