"""Answers as tables for a console of any width."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bam.results.render.text import number, one_line
from bam.serving.answers import MODEL
from bam.serving.explain import Answer, Interest, Listed, Source

NARROW = 72  # characters: below it the history is above the items, and not beside them
WIDEST = 100  # so that a number is not far from its title
COLD = "(cold)"
Cells = tuple[str | Text, ...]
FED, BRINGS = Text("fed by", "dim"), Text("brings", "dim")


def draw_answer(answer: Answer, width: int) -> Group:
    """The interests of one user, then the list, then what its marks mean."""
    width = min(width, WIDEST)
    head = [Text(f"user {one_line(answer.user)}", "bold")] if answer.user else []
    notes = [Text(f"note: {one_line(note)}") for note in answer.notes]
    parts = [part for one in answer.interests for part in _draw_interest(one, width)]
    listed = [*answer.items, *(item for one in answer.interests for item in one.items)]
    marks = [Text(f"{COLD}: no interaction has trained the item", "dim")]
    marks *= any(one.cold for one in listed)
    return Group(*head, *notes, *parts, Text(""), _draw_list(answer.items, width), *marks)


def _draw_interest(interest: Interest, width: int) -> Iterator[RenderableType]:
    yield Text(f"\ninterest {interest.interest} · weight {interest.weight:.0%}", "bold")
    fed = [(_percent(one.share), Text(_name(one))) for one in interest.history]
    brought = [(str(place), _marked(one)) for place, one in enumerate(interest.items, 1)]
    left: list[Cells] = [("", FED), *fed]
    right: list[Cells] = [("", BRINGS), *brought]
    if width < NARROW:
        yield from (_draw_pairs(left, width), _draw_pairs(right, width))
    else:
        both = zip_longest(left, right, fillvalue=("", Text()))
        yield _draw_pairs([(*one, *other) for one, other in both], width)


def _draw_pairs(rows: Sequence[Cells], width: int) -> Padding:
    """Numbers and titles in turn; a long title is cut."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.width = width - 1
    for _ in rows[0][::2]:
        table.add_column(justify="right", width=4)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*row)
    return Padding(table, (0, 0, 0, 1))


def _draw_list(items: Sequence[Listed], width: int) -> Table:
    """Place, title and id, and of a model's list the score and the interest that brought each.

    Beside the score what the memory has added to it, where it has added something; an item that
    the model alone would not list has the name of the memory in place of an interest.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, width=width)
    table.add_column("", justify="right")
    table.add_column("title", ratio=1, no_wrap=True, overflow="ellipsis")
    is_ordered_by_model = any(one.score is not None for one in items)
    remembers = any(one.memory for one in items)
    heads = ["id"]
    if is_ordered_by_model:
        heads += ["score", *["memory"] * remembers, "brought by" if remembers else "interest"]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for place, one in enumerate(items, 1):
        cells: list[str | Text] = [str(place), _marked(one), Text(one_line(one.item))]
        if one.score is not None:
            cells.append(number(one.score, 3))
            cells += [number(one.memory, 3)] * remembers
            cells.append(str(one.interest) if one.predictor == MODEL else one.predictor)
        table.add_row(*cells)
    return table


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.005 else "<1%"


def _marked(one: Listed) -> Text:
    return Text(f"{COLD} {_name(one)}" if one.cold else _name(one))


def _name(one: Listed | Source) -> str:
    """The title; where there is none, the id."""
    return one_line(one.title or one.item)
