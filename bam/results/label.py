"""The words of each configuration in a table: choices, what was varied, and what else differs."""

from typing import Any

from bam.results.keys import (
    Columns,
    as_json,
    determines,
    differences,
    holds,
    independent,
    only_below,
    rows_of,
    varying,
)
from bam.results.render.text import last_part, setting_text
from bam.run.identity import CHOICES, EXPERIMENT

Label = dict[str, Any]
DATA = "data"  # in a label: the checksum, where one data set has had different contents
NAMED = ("dataset", "backbone", "selection")  # in every table, even where all rows agree
# in every table where they differ: such rows do not compare
SHOWN = (DATA, "split._target_", "evaluation.protocol._target_")
REFIT = "refit"  # in every table with a row of which it is true


def labels(configs: list[dict[str, Any]], choices: Columns, varied: list[str]) -> list[Label]:
    """The choices, what was varied, and the fewest other keys that make all differ.

    `configs` have their data under DATA where it must be shown; `varied` are the keys that were
    typed, swept or searched.
    """
    shown: Columns = {}
    for group, column in choices.items():
        if group in NAMED or (len(set(column) - {""}) > 1 and not _follows(column, shown)):
            shown[group] = column
    columns = varying(configs)
    shown |= {key: columns[key] for key in SHOWN if key in columns}
    if any(refit := [config.get(REFIT) for config in configs]):
        shown[REFIT] = refit
    for path in (path for path in varied if path not in CHOICES):
        typed = independent(only_below(columns, path), {})
        shown |= {key: column for key, column in typed.items() if not _follows(column, shown)}
    for key, column in differences(configs).items():
        if not determines(list(shown.values()), column):
            shown[key] = column
    return rows_of(shown, len(configs))


def also_differ(configs: list[dict[str, Any]], labels: list[Label]) -> list[Label]:
    """What differs besides the labels, and is not what a choice is by its name."""
    shown = {key: [label[key] for label in labels] for key in labels[0]}
    others = {k: v for k, v in varying(configs).items() if k != DATA and k not in shown}
    own = {key: column for key, column in others.items() if _is_own(key, column, shown)}
    rest = {key: column for key, column in others.items() if key not in own}
    return rows_of(independent(rest, {**shown, **own}), len(configs))


def different_keys(labels: list[Label]) -> list[str]:
    """What differs between the labels, without the choices that follow from the experiment."""
    columns = {key: [label[key] for label in labels] for key in (labels or [{}])[0]}
    different = [key for key, column in columns.items() if len(set(map(as_json, column))) > 1]
    named = ("dataset", EXPERIMENT)
    return [key for key in different if key in named or not _follows(columns[key], columns)]


def short_names(labels: list[Label]) -> list[str]:
    """The part of each label that differs between them; where nothing does, the method."""
    several = [
        key
        for key in different_keys(labels)
        if key != "dataset" and len({as_json(label[key]) for label in labels} - {as_json("")}) > 1
    ]
    return [_short_name(label, several or ["backbone", "selection"]) for label in labels]


def _short_name(label: Label, keys: list[str]) -> str:
    settings = [setting_text(key, label[key]) for key in keys if label[key] not in (None, "")]
    return ", ".join(settings) or f"without {last_part(keys[0])}"


def _follows(column: list[Any], labels: Columns) -> bool:
    """Whether the experiment of a row says its value, where rows have several experiments."""
    return EXPERIMENT in labels and determines([labels[EXPERIMENT]], column)


def _is_own(key: str, column: list[Any], labels: Columns) -> bool:
    """Whether a choice that is shown has this by its definition: no two choices share the key."""
    if _follows(column, labels):
        return True
    group = key.partition(".")[0]
    if group not in labels or not determines([labels[group]], column):
        return False
    return group == "dataset" or key.endswith("_target_") or len(holds(column)) == 1
