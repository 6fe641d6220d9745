"""The comment at the head of a method's file is read as its card."""

import pytest

from bam.config.card import FIELDS, read_card, read_cards
from bam.errors import Mistake
from tests.conftest import CONF, options

TEXT = """\
# @package _global_
# Mine: two words, and
#   a comma
#   bam train experiment=mine threads=1
# 2 minutes: recall@10 .12
#   (one seed)
# published: all
#   of it
# formula: a = b
#   c = d
# paper: Me, You, "Of x, y: and z", KDD 2020 (arXiv 2001.00001); Them, "Later", WWW 2022
defaults: []
"""


@pytest.fixture
def card_of(tmp_path):
    def write(text):
        (tmp_path / "mine.yaml").write_text(text)
        return read_card(tmp_path / "mine.yaml")

    return write


def test_each_part_of_the_comment_is_a_part_of_the_card(card_of):
    card = card_of(TEXT)
    assert (card.name, card.title, card.sentence) == ("mine", "Mine", "two words, and a comma")
    assert card.commands == ("bam train experiment=mine threads=1",)
    assert card.measured == "2 minutes: recall@10 .12 (one seed)"
    assert list(card.fields) == ["formula", "paper", "published"]
    assert card.fields["formula"] == "a = b\nc = d" and card.fields["published"] == "all of it"
    assert (card.venue, card.year) == ("KDD", "2020")


@pytest.mark.parametrize(
    "old, new, sentence",
    [
        ("published:", "publisht:", "a field of a card must be one of formula, paper"),
        (" KDD 2020", " KDD", "or end in `, Venue Year (arXiv NUMBER)`, got 'Me"),
        ("# paper:", "# ", "paper must be `none`, or end in"),
    ],
)
def test_a_card_that_is_not_in_order_is_refused_by_its_file(card_of, old, new, sentence):
    with pytest.raises(Mistake, match=r"mine\.yaml: ") as refused:
        card_of(TEXT.replace(old, new))
    assert sentence in str(refused.value)


def test_every_method_has_a_whole_card():
    for card in read_cards():
        assert 0 < len(card.title) <= 30, f"{card.name}: a short title, then a colon"
        assert card.sentence and card.measured and card.commands, card.name
        assert {"formula", "paper"} <= card.fields.keys() <= set(FIELDS), card.name


def test_an_experiment_without_a_paper_is_no_method():
    names = [card.name for card in read_cards()]
    assert len(names) == len(set(names)) and set(names) < set(options("experiment"))
    text = (CONF / "experiment" / "demo.yaml").read_text()
    assert "demo" not in names and "# paper:" not in text
