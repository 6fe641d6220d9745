"""Each conf/experiment file opens with its command, its minutes and the figures to expect.

The figures of a method's paper are in a field of its own: `paper`, `published`.
"""

import json
import re
from itertools import takewhile

import pytest

from bam.config.board import board_methods
from bam.config.card import read_cards
from bam.config.options import read_head
from bam.experiment.parts.components import build_components
from bam.results.board.merge import means_of
from bam.results.board.rows import rows_of
from bam.results.render.text import number
from tests.conftest import CONF, ROOT, options
from tests.docs.test_board import BOARD
from tests.docs.test_commands import exists, overrides
from tests.docs.test_results import PROGRAM

STORED = {figure["mean"].replace("0.", ".", 1) for figure in PROGRAM["FIGURES"]}
STORED |= {number(mean) for mean in means_of(BOARD.results).values()}
ON_ML100K = [
    row
    for row in rows_of(BOARD, board_methods())
    if row.runs and row.method.has_card and (row.data, row.protocol.name) == ("ml100k", "clean")
]
for run in (ROOT / "outputs" / "pretrained").glob("*/*/results.json"):
    test = json.loads(run.read_text())["test"]
    STORED |= {f"{value:.4f}".replace("0.", ".", 1) for value in test.values()}


@pytest.mark.parametrize("name", options("experiment"))
def test_an_experiment_opens_with_its_command_and_minutes(name):
    head = read_head(CONF / "experiment" / f"{name}.yaml")
    (command,) = [line for line in head if f"experiment={name} " in f"{line} "]
    assert "minute" in " ".join(head) and command.startswith("bam train")
    assert [word for word in overrides(command.split()[2:]) if not exists(word)] == []


@pytest.mark.parametrize("name", options("experiment"))
def test_the_figures_of_an_experiment_are_stored_results(name):
    head = read_head(CONF / "experiment" / f"{name}.yaml")
    head = " ".join(takewhile(lambda line: not line.startswith("formula: "), head))
    assert set(re.findall(r"\.\d{4}", head)) <= STORED


@pytest.mark.parametrize("row", ON_ML100K, ids=lambda row: row.method.name)
def test_the_minutes_of_a_method_are_those_of_the_board(row):
    head = " ".join(read_head(CONF / "experiment" / f"{row.method.name}.yaml"))
    [said] = re.findall(r"(Less than a minute|\d+ minutes?) on ml100k: ", head)
    minutes = round(row.minutes)
    known = "Less than a minute" if row.minutes < 1 else f"{minutes} minute{'s' * (minutes > 1)}"
    assert said == known


@pytest.mark.parametrize("card", read_cards(), ids=lambda card: card.name)
def test_the_options_that_a_card_names_fit_its_method(card, small):
    fields = " ".join(card.fields.get(name, "") for name in ("differs", "options"))
    for command in re.findall(r"`([^`]+=[^`]*)`", fields):
        if not command.startswith(("bam ", "reranking=")):  # of other commands
            build_components(small(f"experiment={card.name}", *command.split()))
