"""The note that names what differs between rows and has no column."""

from itertools import combinations
from typing import Any

from bam.results.configuration import Configuration
from bam.results.keys import as_json, determines
from bam.results.label import Label
from bam.results.render.text import setting_text, value_text

MOST = 4  # values of one key that the note gives; results.csv has all


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
    name = key.removesuffix("._target_")
    if len(different) > MOST:
        return f"{name} ({len(different)} values, in results.csv)"
    values = ", ".join(_rows(key, value, column, labels) for value in different.values())
    return f"{name} {values}"


def _rows(key: str, value: Any, column: list[Any], labels: list[Label]) -> str:
    """The value, and what the rows that have it are."""
    has = [one == value for one in column]
    by = _cause(labels, has)
    rows = [_words(label, by) for label, here in zip(labels, has, strict=True) if here]
    text = "none" if value is None else value_text(key, value)
    return f"{text} ({' and '.join(dict.fromkeys(rows))})"


def _cause(labels: list[Label], column: list[Any]) -> list[str]:
    """The fewest keys of the label that the column follows from."""
    keys = list(labels[0])
    for count in range(1, len(keys)):
        for some in combinations(keys, count):
            if determines([[label[key] for label in labels] for key in some], column):
                return list(some)
    return keys


def _words(label: Label, keys: list[str]) -> str:
    known = [key for key in keys if label[key] not in (None, "")]
    return " ".join(setting_text(key, label[key]) for key in known) or "none"
