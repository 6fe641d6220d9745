"""`bam board` stores runs and writes the pages; without a folder it writes them again."""

import sys
from threading import Thread

import pytest

from bam.__main__ import main
from bam.command.board import _store
from bam.results.board.files import read_board
from bam.results.board.gather import gather
from tests.results.board.conftest import trained
from tests.results.run_folder import finished

__all__ = ["finished", "trained"]


@pytest.fixture
def bam(monkeypatch, capsys):
    """Run a command; returns what it prints."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["bam", *words])
        main()
        return capsys.readouterr().out

    return run


def test_runs_are_stored_and_the_pages_are_written_again_from_what_is_stored(
    bam, trained, tmp_path
):
    trained("runs/a", "comirec_sa")
    trained("runs/b", "remi", ranks=(1, 2, 3, 30))
    shown = bam("board", str(tmp_path / "runs"), "--to", str(tmp_path / "board"))
    assert "board.html" in shown and "small.md" in shown
    before = {path.name: path.read_bytes() for path in (tmp_path / "board").iterdir()}
    assert b"REMI" in before["small.md"] and before.keys() >= {"runs.csv", "gains.csv", "index.md"}
    bam("board", "--to", str(tmp_path / "board"))
    assert {path.name: path.read_bytes() for path in (tmp_path / "board").iterdir()} == before


def test_two_programs_that_add_to_a_board_lose_no_row(monkeypatch, trained, tmp_path):
    trained("one/a", "remi")
    trained("other/a", "mind")
    later = Thread(target=_store, args=([tmp_path / "other"], tmp_path / "board"))

    def gather_while_another_begins(folders, stored):
        if not later.ident:
            later.start()
            later.join(0.3)  # without a lock it reads the board now, and writes it without our row
        return gather(folders, stored)

    monkeypatch.setattr("bam.results.board.gather.gather", gather_while_another_begins)
    monkeypatch.setattr("bam.results.board.write.write_pages", lambda *_: [])
    _store([tmp_path / "one"], tmp_path / "board")
    later.join()
    stored = read_board(tmp_path / "board").results
    assert {one.method for one in stored} == {"remi", "mind"}
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_is_not_there_is_named(bam, tmp_path):
    with pytest.raises(SystemExit, match="FOLDER must exist"):
        bam("board", str(tmp_path / "none"), "--to", str(tmp_path / "board"))


def test_a_board_that_is_not_there_needs_runs(bam, tmp_path):
    with pytest.raises(SystemExit, match="give a FOLDER with finished runs, got"):
        bam("board", "--to", str(tmp_path / "board"))
    assert not any(tmp_path.iterdir())
