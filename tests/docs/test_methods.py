"""The table and cards of docs/methods.md are what docs/methods.py writes of conf/experiment/."""

import runpy

import pytest

from bam.config.card import read_cards
from tests.conftest import ROOT
from tests.docs.test_commands import exists

PAGE = (ROOT / "docs" / "methods.md").read_text()


def test_the_page_has_the_cards_of_the_config():
    assert runpy.run_path(str(ROOT / "docs" / "methods.py"))["written"](PAGE) == PAGE, "make docs"


@pytest.mark.parametrize("card", read_cards(), ids=lambda card: card.name)
def test_every_option_that_a_card_names_exists(card):
    words = " ".join(card.fields.values()).replace("`", " ` ").split(" ` ")[1::2]
    named = [word for text in words for word in text.split() if "=" in word]
    assert [word for word in named if not exists(word)] == []
