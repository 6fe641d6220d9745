"""The note that names what differs between rows and has no column."""

from itertools import combinations
from typing import Any

from bam.results.configuration import Configuration
from bam.results.keys import as_json, determines
from bam.results.label import Label
from bam.results.render.text import heading, setting_text, value_text

MOST = 4  # values of one key, and rows of one value, that the note gives; results.csv has all
FEW = 12  # a key with more values, such as a searched number, is the cause of no other


def also_differ_note(configurations: list[Configuration]) -> list[str]:
    """One sentence for all keys: each value, and the rows that have it. None where none differs."""
    keys = list(configurations[0].also)
    if not keys:
        return []
    return [f"Also differ: {'; '.join(_values(key, configurations) for key in keys)}."]


def _values(key: str, configurations: list[Configuration]) -> str:
    """`regularisation.routing.weight 100 (hard), 0 (p)`; `none` where a row has no such key."""
    column = [one.also[key] for one in configurations]
    labels = [one.label for one in configurations]
    different = {as_json(value): value for value in column}
    if len(different) > MOST:
        return f"{heading(key)} ({len(different)} values, in results.csv)"
    values = ", ".join(_rows(key, value, column, labels) for value in different.values())
    return f"{heading(key)} {values}"


def _rows(key: str, value: Any, column: list[Any], labels: list[Label]) -> str:
    """The value, and what the rows that have it are; of many, how many."""
    has = [one == value for one in column]
    rows = _shortest_words(labels, has)
    text = "none" if value is None else value_text(key, value)
    return f"{text} ({' and '.join(rows) if 0 < len(rows) <= MOST else f'{sum(has)} rows'})"


def _shortest_words(labels: list[Label], has: list[bool]) -> list[str]:
    """Of up to three keys that these rows follow from, those with the fewest words."""
    keys = [key for key in labels[0] if len({as_json(label[key]) for label in labels}) <= FEW]
    causes = [
        some
        for count in (1, 2, 3)
        for some in combinations(keys, count)
        if determines([[label[key] for label in labels] for key in some], has)
    ]
    here = [label for label, is_here in zip(labels, has, strict=True) if is_here]
    found = [list({_words(label, some): 0 for label in here}) for some in causes]
    return min(found, key=len, default=[])


def _words(label: Label, keys: tuple[str, ...]) -> str:
    known = [key for key in keys if label[key] not in (None, "")]
    return " ".join(setting_text(key, label[key]) for key in known) or "none"
