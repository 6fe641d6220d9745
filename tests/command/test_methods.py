"""`bam methods` lists every method with its paper and its command, and shows the card of one."""

import subprocess
import sys

import pytest

from bam.__main__ import main
from bam.config.card import read_cards


@pytest.fixture
def bam(monkeypatch, capsys):
    """Run a command; returns what it prints."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["bam", *words])
        main()
        return capsys.readouterr().out

    return run


def test_every_method_is_a_row_with_venue_year_parts_and_command(bam):
    shown = bam("methods")
    for card in read_cards():
        [row] = [line for line in shown.splitlines() if f"experiment={card.name} " in f"{line} "]
        assert card.title in row and card.venue in row and card.year in row
    assert "remi, hard," in shown
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.parametrize("name", ["remi", "experiment=remi"])
def test_the_card_of_a_method_has_every_field_and_its_parts(bam, name):
    shown = " ".join(bam("methods", name).split())
    [card] = [card for card in read_cards() if card.name == "remi"]
    for text in (card.title, card.sentence, *card.fields.values(), card.measured, *card.commands):
        assert " ".join(text.split()) in shown
    assert "parts backbone=remi selection=hard loss=single_interest" in shown
    assert "Longer: trainer.max_steps=100000" in shown


def test_the_help_of_train_has_the_card_too(bam, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert bam("methods", "remi") in bam("train", "--help", "experiment=remi")


def test_a_name_that_is_no_method_is_refused_with_the_nearest(bam):
    with pytest.raises(SystemExit, match=r"error: ComiRec-S is no method; did you mean comirec_sa"):
        bam("methods", "ComiRec-S")
    with pytest.raises(SystemExit, match=r"demo is no method; .*the methods are: "):
        bam("methods", "demo")


def test_the_list_needs_neither_hydra_nor_torch():
    code = (
        "import sys; sys.argv = ['bam', 'methods']; from bam.__main__ import main; main(); "
        "sys.exit(bool({'torch', 'hydra', 'omegaconf', 'numpy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
