"""A short training on planted data, and its export."""

import sys

import pytest

import bam
from bam.__main__ import run as run_command
from bam.config.compose import compose_with_hydra
from bam.config.resolve import resolve
from bam.experiment.answers.export import export
from bam.experiment.opened.load_export import load_export

OPTIONS = (
    "dataset=planted",
    "dataset.num_users=60",
    "dataset.num_items=60",
    "dataset.num_clusters=6",
    "dataset.length=14",
    "dim=8",
    "batch_size=32",
    "num_negatives=16",
    "history_length=12",
    "trainer.max_steps=6",
    "trainer.validate_every=3",
    "threads=1",
    "device=cpu",
)


@pytest.fixture(scope="session")
def make_run(tmp_path_factory):
    """Train a few steps with these options: make_run("backbone=mind")."""
    made = {}

    def make(*options):
        if options not in made:
            place = tmp_path_factory.mktemp("trained")
            folders = (f"data_dir={place}/data", f"hydra.run.dir={place}/run")
            made[options] = bam.train(*OPTIONS, *options, *folders)
        return made[options]

    return make


@pytest.fixture(scope="session")
def make_export(make_run, tmp_path_factory):
    """Export a run with these options: make_export(run, "histories=true")."""

    def make(run, *options, to=None):
        to = to or tmp_path_factory.mktemp("exports") / "one"
        words = (*options, f"run={run.folder}", f"to={to}", "threads=1")
        export(resolve(compose_with_hydra(words, "export")), words)
        return to

    return make


@pytest.fixture(scope="session")
def run(make_run):
    return make_run()


@pytest.fixture(scope="session")
def folder(run, make_export):
    return make_export(run)


@pytest.fixture
def opened(folder):
    return load_export(folder)


@pytest.fixture
def command(monkeypatch, capsys):
    """Run a command: command("export", "run=FOLDER"); returns the lines that it prints."""

    def call(name, *words):
        monkeypatch.setattr(sys, "argv", ["bam", *words])
        capsys.readouterr()
        run_command(name)
        return capsys.readouterr().out.splitlines()

    return call
