"""What makes another run, and what does not."""

import shutil

import pytest

from bam.config.naming import blend_folder, slug, sweep_folder
from bam.config.settings import PARTS, Settings
from bam.run.identity import (
    CHOICES,
    CIRCUMSTANCES,
    EVALUATION,
    PACKAGE,
    SOURCES,
    fingerprint,
    identity,
    source_hash,
    with_data_dir,
)

ROOTS = {*PARTS, *Settings.__dataclass_fields__}
OTHER = {
    "name": "x",
    "any_code": True,
    "trust": "[mine]",
    "device": "cuda",
    "threads": 3,
    "data_dir": "/mnt/data",
}


def test_the_named_sets_hold_options_that_exist():
    assert {*CHOICES, *CIRCUMSTANCES, *EVALUATION} <= ROOTS


@pytest.mark.parametrize("key", OTHER)
def test_a_circumstance_makes_no_other_run(configured, key):
    assert fingerprint(configured(f"{key}={OTHER[key]}")) == fingerprint(configured())


def test_another_tracker_makes_no_other_run(configured):
    assert fingerprint(configured("tracker=wandb")) == fingerprint(configured())


@pytest.mark.parametrize(
    "change",
    [
        "seed=1",
        "dim=8",
        "selection.tau=2",
        "evaluation=published",
        "precision=bf16",
        "group_by_length=2",
        "sparse=true",
    ],
)
def test_every_other_option_makes_another_run(configured, change):
    assert fingerprint(configured(change)) != fingerprint(configured())


def test_the_name_of_a_blend_is_bounded():
    runs = [f"outputs/{'x' * 60}{n}" for n in range(5)]
    names = [blend_folder("", runs[0], runs[1 : 1 + n], []) for n in (1, 3, 4)]
    assert max(map(len, names)) < 120 and len({*names}) == 3


def test_two_files_below_data_dir_are_two_runs_wherever_data_dir_is():
    def config(data_dir, file):
        return {"data_dir": data_dir, "dataset": {"path": f"{data_dir}/{file}"}}

    one, other = config("data", "a.txt"), config("data", "b.txt")
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(config("/mnt/data/", "a.txt"))
    assert identity(one) == {"dataset": {"path": "data_dir:a.txt"}}
    assert fingerprint(one) != fingerprint({"data_dir": "data", "dataset": {"path": "a.txt"}})


def test_a_path_that_only_begins_like_data_dir_is_not_below_it():
    config = {"data_dir": "data", "dataset": {"path": "database/a.txt"}}
    assert identity(config) == {"dataset": {"path": "database/a.txt"}}


def test_data_that_moves_takes_its_paths_with_it():
    config = {"data_dir": "data", "dataset": {"path": "data/a.txt", "raw": ["x/y"]}}
    moved = {"data_dir": "/mnt", "dataset": {"path": "/mnt/a.txt", "raw": ["x/y"]}}
    assert with_data_dir(config, "/mnt") == moved


def test_the_same_point_has_the_same_folder_whatever_the_threads(configured):
    choices = dict.fromkeys(CHOICES, "x")
    one = slug(choices, ["dim=8", "threads=1"], configured("dim=8", "threads=1"))
    other = slug(choices, ["device=cpu", "dim=8"], configured("dim=8"))
    assert one == other
    assert sweep_folder("", ["dim=8", "threads=1"], {"seed": "1,2"}) == sweep_folder(
        "", ["dim=8"], {"seed": "1,2"}
    )
    assert sweep_folder("", ["dim=8"], {"seed": "1,2"}) != sweep_folder("", ["dim=8"], {})


@pytest.fixture
def package(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "bam")
    return tmp_path / "bam"


def test_each_pattern_of_the_source_hash_names_files_that_there_are():
    assert all(any(PACKAGE.glob(pattern)) for pattern in SOURCES)


CHANGES = {
    "nn/matmul.py": True,
    "nn/kernels/ranking.c": True,
    "records.py": True,
    "system/threads.py": True,
    "training/trainer.py": True,
    "config/instantiate.py": True,
    "evaluation/evaluator.py": True,
    "objective/objective.py": True,
    "model/recommender.py": True,
    "data/dataset/table.py": True,
    "experiment/one_run/fit.py": True,
    "experiment/one_run/refit.py": True,
    "experiment/one_run/steps.py": True,
    "experiment/parts/memory.py": True,
    "experiment/one_run/console.py": False,
    "results/report/style.py": False,
    "bench/run.py": False,
    "run/tracker/wandb.py": False,
}


@pytest.mark.parametrize("file", CHANGES)
def test_the_source_hash_covers_what_numbers_depend_on_and_nothing_else(package, file):
    before = source_hash(package)
    with (package / file).open("a") as source:
        source.write("# a comment\n")
    source_hash.cache_clear()
    assert (source_hash(package) != before) == CHANGES[file]
