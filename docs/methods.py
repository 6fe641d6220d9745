"""Writes the table and cards of docs/methods.md from conf/experiment/: python docs/methods.py"""

import re
from collections.abc import Iterable
from pathlib import Path

from bam.config.card import Card, read_cards
from bam.config.parts import list_parts, read_parts

PAGE = Path(__file__).with_suffix(".md")
PLACE = re.compile(r"(<!-- (table|cards) -->\n).*?(<!-- end -->)", re.DOTALL)
# the fields of a card in the order of the page
FIELDS = {"differs": "Differs", "options": "Options", "published": "Published"}


def table(cards: Iterable[Card]) -> str:
    """All methods, a row each."""
    lines = ["| method | venue | year | parts | command |", "|---|---|---|---|---|"]
    for card in cards:
        parts = " ".join(f"`{name}`" for name in list_parts(card.name))
        title = f"[{card.title}](#{anchor(card.title)})"
        command = f"`bam train experiment={card.name}`"
        lines.append(f"| {title} | {card.venue} | {card.year} | {parts} | {command} |")
    return "\n".join(lines) + "\n"


def anchor(title: str) -> str:
    """The place of a heading, as GitHub and the site name it."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def section(card: Card) -> str:
    """A card as a chapter."""
    paper = f"\n{card.fields['paper']}.\n" if card.venue else ""
    parts = " ".join(f"`{key}={text}`" for key, text in read_parts(card.name).items())
    text = f"\n## {card.title}\n\n{sentence(card.sentence)}\n{paper}"
    text += block("text", card.fields["formula"].splitlines()) + block("", card.commands)
    fields = {name: card.fields[key] for key, name in FIELDS.items() if key in card.fields}
    rows = {"Parts": parts, **fields, "Measured": card.measured}
    lines = [f"- **{name}.** {sentence(words)}\n" for name, words in rows.items()]
    return linked(text + "\n" + "".join(lines))


def linked(text: str) -> str:
    """The names of other pages as links."""
    return re.sub(r"docs/(\w+)\.md", r"[\1](\1.md)", text)


def block(language: str, lines: Iterable[str]) -> str:
    """Lines in a block of code."""
    return "\n".join(["", f"```{language}", *lines, "```", ""])


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def written(page: str) -> str:
    """The page with its table and its cards written anew."""
    cards = read_cards()
    parts = {"table": table(cards), "cards": "".join(map(section, cards)).lstrip() + "\n"}
    return PLACE.sub(lambda place: place[1] + parts[place[2]] + place[3], page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
