"""List the published methods, or show the card of one: bam methods [NAME]

A card has the formula, the paper, the parts, what differs, and what was published and measured.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bam.config.card import Card, read_cards
from bam.config.parts import list_parts
from bam.errors import Mistake
from bam.experiment.show_card import LONGER, show_card
from bam.system.nearest import nearest
from bam.system.program import one_sentence
from bam.system.stop import end_on_stop

WIDEST = 100  # letters
NOTE = "A card: bam methods NAME, such as bam methods remi."


def main() -> None:
    parser = ArgumentParser(prog="bam methods", description=__doc__)
    parser.add_argument("name", nargs="?", help="show the card of this method, such as remi")
    with end_on_stop(), one_sentence():
        given = parser.parse_args()
        console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDEST)
        console.width = min(console.width, WIDEST)
        cards = {card.name: card for card in read_cards()}
        if given.name:
            show_card(console, _find(given.name.removeprefix("experiment="), cards))
        else:
            console.print(_table(cards.values()))
            console.print(Text(f"{NOTE} {LONGER}", "dim"))


def _find(name: str, cards: Mapping[str, Card]) -> Card:
    if name not in cards:
        near = nearest(name, cards)
        meant = f" did you mean {near}?" if near else ""
        raise Mistake(f"{name} is no method;{meant} the methods are: {', '.join(cards)}")
    return cards[name]


def _table(cards: Iterable[Card]) -> Table:
    """A method a row, with the options that it chooses; the values are in its card."""
    table = Table("method", "venue", "year", "parts", "bam train", box=SIMPLE_HEAD, show_edge=False)
    table.columns[-1].no_wrap = True
    for card in cards:
        parts = ", ".join(list_parts(card.name))
        row = (card.title, card.venue, card.year, parts, f"experiment={card.name}")
        table.add_row(*map(Text, row))
    return table
