"""Which keys differ between configs, and which of them only follow from another."""

import json
from collections.abc import Mapping
from typing import Any

Columns = dict[str, list[Any]]  # by key: its value in each config, None where the key is absent


def differences(configs: list[dict[str, Any]]) -> Columns:
    """Each key that differs, with its value in each config; of equal columns the shortest key."""
    shortest: dict[str, str] = {}
    columns = varying(configs)
    for key, column in columns.items():
        shortest.setdefault(as_json(column), key)
    return {key: columns[key] for key in shortest.values()}


def varying(configs: list[dict[str, Any]]) -> Columns:
    """Each key that differs, with its value in each config; short keys and components first."""
    keys = sorted({key for config in configs for key in config}, key=_depth)
    columns = {key: [config.get(key) for config in configs] for key in keys}
    return {key: column for key, column in columns.items() if len(set(map(as_json, column))) > 1}


def independent(columns: Columns, known: Columns) -> Columns:
    """The columns that follow neither from a known column nor from one before them."""
    kept: Columns = {}
    for key, column in columns.items():
        if not any(
            _mirrors(key, column, other, values) or _is_part(key, column, other, values)
            for other, values in {**known, **kept}.items()
        ):
            kept[key] = column
    return kept


def determines(columns: list[list[Any]], column: list[Any]) -> bool:
    """Whether configs that agree in these columns always agree in the column."""
    seen: dict[str, Any] = {}
    rows = zip(*columns, strict=True) if columns else [()] * len(column)
    return all(
        as_json(seen.setdefault(as_json(row), value)) == as_json(value)
        for row, value in zip(rows, column, strict=True)
    )


def is_below(key: str, paths: tuple[str, ...]) -> bool:
    """Whether the key is one of the paths, or a part of one."""
    return any(key == path or key.startswith(f"{path}.") for path in paths)


def holds(column: list[Any]) -> list[Any]:
    """The different values of a column, without those of configs that lack the key."""
    return list({as_json(value): value for value in column if value is not None}.values())


def as_json(value: Any) -> str:
    """A text that is equal for equal values."""
    return json.dumps(value, sort_keys=True, default=str)


def only_below(columns: Columns, path: str) -> Columns:
    """The columns of a key, or of what is below it; of a component the one that names it."""
    if (component := f"{path}._target_") in columns:
        return {component: columns[component]}
    return {key: column for key, column in columns.items() if is_below(key, (path,))}


def rows_of(columns: Mapping[str, list[Any]], count: int) -> list[dict[str, Any]]:
    """The columns as one mapping for each config."""
    return [{key: column[row] for key, column in columns.items()} for row in range(count)]


def _mirrors(key: str, column: list[Any], other: str, values: list[Any]) -> bool:
    """A copy of another key in a component: where it is present, it has the same value."""
    same_name = key.rpartition(".")[2] == other.rpartition(".")[2]
    pairs = zip(column, values, strict=True)
    return same_name and all(value is None or value == given for value, given in pairs)


def _is_part(key: str, column: list[Any], other: str, values: list[Any]) -> bool:
    """One value wherever it is present, which is where the component is another one."""
    component = other.removesuffix("._target_")
    is_inside = component != other and is_below(key, (component,))
    present = [value is not None for value in column]
    return is_inside and len(holds(column)) == 1 and determines([values], present)


def _depth(key: str) -> tuple[int, bool, int, str]:
    return key.count("."), not key.endswith("_target_"), len(key), key
