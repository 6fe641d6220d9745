"""The card of a method on the console."""

from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bam.config.card import Card
from bam.config.parts import read_parts

LONGER = "Longer: trainer.max_steps=100000. Other data: dataset=NAME."


def show_card(console: Console, card: Card) -> None:
    """The title and the sentence, every field, and the commands below them."""
    console.print(Text(card.title, "bold").append(f": {card.sentence}", "not bold"))
    table = Table.grid(padding=(0, 2))
    for name, text in _fields(card):
        table.add_row(Text(name, "cyan"), Text(text))
    console.print(Padding(table, (1, 0, 1, 2)))
    for command in card.commands:
        console.print(Text(f"  {command}"), soft_wrap=True)
    console.print(Text(LONGER, "dim"))


def _fields(card: Card) -> Iterator[tuple[str, str]]:
    yield from card.fields.items()
    yield "parts", " ".join(f"{key}={text}" for key, text in read_parts(card.name).items())
    yield "measured", card.measured
