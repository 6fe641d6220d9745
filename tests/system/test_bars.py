import sys

import pytest

from bam.system.bars import progress_bar


@pytest.fixture
def drawn(monkeypatch, capsys):
    """What a bar writes to a stderr that is a terminal, or is not."""

    def draw(is_terminal):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
        assert list(progress_bar(range(3), mininterval=0)) == [0, 1, 2]
        return capsys.readouterr().err

    return draw


def test_a_bar_is_drawn_on_a_terminal_and_leaves_a_file_alone(drawn):
    assert "3/3" in drawn(True) and drawn(False) == ""


def test_jobs_that_run_at_the_same_time_draw_no_bars(drawn, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert drawn(True) == ""


def test_a_notebook_without_ipywidgets_has_no_bar_and_no_warning(drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr("bam.system.bars.find_spec", lambda name: None)
    assert drawn(False) == ""
