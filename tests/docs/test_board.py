"""docs/results/board/ is what `bam board` writes from its two CSV files."""

import pytest

from bam.config.board import board_methods
from bam.results.board.files import read_board
from bam.results.board.merge import holds, means_of
from bam.results.board.rows import rows_of
from bam.results.board.write import pages
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "results" / "board"
BOARD = read_board(FOLDER)
PAGES = pages(rows_of(BOARD, board_methods()))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_board_is_what_the_program_writes(name):
    remedy = "bam board --to docs/results/board writes it anew"
    assert (FOLDER / name).read_text("utf-8") == PAGES[name], remedy


def test_every_gain_is_the_difference_of_the_stored_means():
    means = means_of(BOARD.results)
    assert [gain for gain in BOARD.gains if not holds(gain, means)] == []


def test_every_stored_run_has_a_command_a_machine_and_a_commit():
    for run in BOARD.results:
        assert run.command.startswith("bam train ") and run.machine and run.commit, run
