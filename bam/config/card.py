"""The card of a method is the comment at the head of its file, conf/experiment/NAME.yaml.

    # TITLE: what it does, in one sentence
    #   bam train experiment=NAME threads=1
    # minutes and figures of this command
    # formula: each line of it is kept;
    #   indented lines continue a field
    # paper: Authors, "Title", Venue Year (arXiv 1234.56789)
    # differs: from the paper
    # options: that a user may want
    # published: data, protocol, formula of nDCG, figures

An experiment without `paper` is no method: a sweep, or a recipe for one data set.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bam.config.extensions import conf_folders, find_options
from bam.config.options import read_comment
from bam.errors import Mistake, require

FIELDS = ("formula", "paper", "differs", "options", "published")
FIELD = re.compile(r"(\w+): +(.*)")
VENUE = re.compile(r", ([^,]+) (\d{4})(?: \([^)]*\))?$")  # at the end of a paper


@dataclass(frozen=True)
class Card:
    """A method in words."""

    name: str  # experiment=NAME
    title: str
    sentence: str
    commands: tuple[str, ...]
    measured: str  # minutes and figures
    venue: str  # of the paper; empty where there is none
    year: str
    fields: dict[str, str]  # in the order of FIELDS


def read_cards() -> list[Card]:
    """The cards of all methods, of conf/ and of other packages, from the oldest to the newest."""
    files = find_options("experiment/*.yaml", conf_folders())
    cards = [read_card(file) for file in files if is_method(file)]
    return sorted(cards, key=lambda card: (card.year, card.venue, card.title))


def read_card(file: Path) -> Card:
    """The card of one method.

    Raises:
        Mistake: a field has an unknown name, or the paper has no venue and year.
    """
    first, *rest = _entries(read_comment(file))
    commands = [line for line in first if line.startswith("bam ")]
    title, _, sentence = " ".join(line for line in first if line not in commands).partition(": ")
    found = {match[1]: [match[2], *lines] for line, *lines in rest if (match := FIELD.match(line))}
    for name in found:
        rule = f"{file}: a field of a card must be one of {', '.join(FIELDS)}"
        require(name in FIELDS, rule, name)
    fields = {name: _text(name, found[name]) for name in FIELDS if name in found}
    venue, year = _venue(fields.get("paper", ""), file)
    return Card(
        name=file.stem,
        title=title,
        sentence=sentence,
        commands=tuple(commands),
        measured=" ".join(" ".join(lines) for lines in rest if not FIELD.match(lines[0])),
        venue=venue,
        year=year,
        fields=fields,
    )


def is_method(file: Path) -> bool:
    """Whether an experiment is a method: its comment has a paper."""
    return any(line.startswith("paper: ") for line in read_comment(file))


def _entries(comment: list[str]) -> Iterator[list[str]]:
    """Each line that is not indented, with the indented lines below it."""
    entry: list[str] = []
    for line in comment:
        if entry and not line.startswith(" "):
            yield entry
            entry = []
        entry.append(line.strip())
    yield entry


def _text(name: str, lines: list[str]) -> str:
    """One paragraph; a formula keeps its lines."""
    return ("\n" if name == "formula" else " ").join(lines)


def _venue(paper: str, file: Path) -> tuple[str, str]:
    """Venue and year of a paper, the first of several; neither where it is `none`."""
    if paper == "none":
        return "", ""
    found = VENUE.search(paper.partition("; ")[0])
    if not found:
        rule = "paper must be `none`, or end in `, Venue Year (arXiv NUMBER)`"
        raise Mistake(f"{file}: {rule}, got {paper!r}")
    return found[1], found[2]
