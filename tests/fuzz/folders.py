"""The files of a run's folder and of a prepared data set."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from bam.data.dataset.build import store
from bam.data.dataset.build.option import option_file, read_option, write_option
from bam.results.collect import collect
from bam.results.runs import history, runs
from bam.results.view import View
from bam.run.checkpoint import load_state, save_state
from tests.data.dataset import own_table
from tests.fuzz.own import COLUMNS, CSV
from tests.fuzz.reader import Reader, keep_contract
from tests.results.run_folder import finished_in


@cache
def run_files():
    with TemporaryDirectory() as parent:
        finished_in(Path(parent))("a", users={"recall@10": [0.0, 1.0]}, choices={"selection": "p"})
        folder = finished_in(Path(parent))(
            "b", users={"recall@10": [0.5, 1.0]}, choices={"selection": "hard"},
            selection___target_="bam.objective.selection.hard.Hard", seed=1,
        )  # fmt: skip
        (folder / "overrides.yaml").write_text("- dataset=small\n- selection=hard\n")
        save_state({"step": 3, "weights": {"a": torch.ones(2)}}, folder / "resume.pt")
        paths = [path for path in Path(parent).rglob("*") if path.is_file()]
        return {str(path.relative_to(parent)): path.read_bytes() for path in paths}


def read_runs(folder):
    collect(folder, View(baseline={}, metric="", columns=[], published=[]))
    for run in runs(folder):
        history(run)


def run_file(name):
    return Reader(run_files(), read_runs, (f"b/{name}",))


@cache
def prepared_files():
    with TemporaryDirectory() as parent:
        folder = Path(parent)
        (folder / "my.csv").write_bytes(CSV)
        data = own_table.prepare(folder / "my.csv", COLUMNS, folder=str(folder / "mine"))
        write_option(data.folder, data.name, "2 users", folder, history_length=5)
        paths = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
        return {str(path.relative_to(parent)): path.read_bytes() for path in paths}


def prepared(name):
    return Reader(
        prepared_files(),
        lambda folder: keep_contract(store.load("mine", str(folder / "mine"))),
        (f"mine/{name}",),
    )


def read_one_option(folder):
    return read_option(option_file(folder, "mine"))


RUN = {
    f"{name} of a run": run_file(name) for name in ("config.yaml", "results.json", "overrides.yaml")
}
PREPARED = {
    "metrics.jsonl of a run": run_file("metrics.jsonl"),
    "manifest.json": prepared("manifest.json"),
}
OTHER = {
    "resume.pt": Reader(
        run_files(), lambda folder: load_state(folder / "b/resume.pt"), ("b/resume.pt",)
    ),
    "an option of data_dir": Reader(prepared_files(), read_one_option, ("conf/dataset/mine.yaml",)),
}
