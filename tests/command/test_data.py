"""`bam data NAME` shows what a data set is, and writes it for programs."""

import json
import sys

import pytest

from bam.__main__ import main


@pytest.fixture
def bam(tmp_path, monkeypatch, capsys):
    """Run a command of bam in an empty folder; returns what it prints."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["bam", *words])
        main()
        return capsys.readouterr().out

    return run


def test_a_name_alone_is_described_and_prepared_if_it_is_not_yet(bam, tmp_path):
    shown = bam("data", "planted", "dataset.num_users=40", "output=planted.json")
    figures = json.loads((tmp_path / "planted.json").read_text())
    assert (
        figures["users"] == 40 and figures["interactions"] == 800 and figures["times"]["days"] > 1
    )
    assert "│ users" in shown and "order: the same, shuffled" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_the_options_are_those_of_prepare(bam, tmp_path):
    (tmp_path / "mine.txt").write_text("a x y z\nb y z x\nc z x y\n")
    shown = bam("data", "dataset=sequences", "dataset.raw=mine.txt", "dataset.name=mine")
    assert "mine (data/mine)" in shown
    assert bam("data", "mine").split("\n")[1:] == shown.split("\n")[1:]


def test_a_name_that_is_no_data_set_is_refused(bam):
    with pytest.raises(SystemExit) as refused:
        bam("data", "no_such_set")
    assert "no_such_set" in str(refused.value)
