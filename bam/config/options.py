"""What conf/ offers, in the words of its own comments: groups, their options, and single values.

The comment of a group is at its line in the defaults of a program's config, that of an option is at
the head of its file, and that of a value is beside it or above it. Only the files are read: this
module imports neither Hydra nor torch.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bam.config.conf import CONF
from bam.config.extensions import conf_folders, find_options

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LONG = "..."  # in place of a value of several lines
COMMENT = re.compile(r"[\s:,\]}]*#\s*(.*)")  # after a key or a value, to the end of the line


@dataclass(frozen=True)
class Group:
    """A config group: what it decides, its choice unless another is given, and its options."""

    decides: str
    default: str
    options: dict[str, str]  # the first line of each one's comment


@dataclass(frozen=True)
class Value:
    """A key of a YAML file: its value as it is written there, and its comment."""

    text: str
    comment: str


def read_groups(config: str, folders: Sequence[Path] = ()) -> dict[str, Group]:
    """The groups of `conf/CONFIG.yaml`, in the order of its defaults.

    A group that follows from other choices, such as a pair of them, is left out. The options are
    those of these folders, or those that every command finds.
    """
    groups: dict[str, Group] = {}
    text, root = _read(CONF / f"{config}.yaml")
    for entry in _defaults(root):
        if isinstance(entry, yaml.ScalarNode):
            groups |= read_groups(entry.value, folders) if entry.value != "_self_" else {}
            continue
        key, value = entry.value[0]  # GROUP: OPTION
        name, default = key.value.split()[-1], _slice(text, value)
        if (CONF / name).is_dir() and "${" not in default:
            decides = _comment(text, key, value) or getattr(groups.get(name), "decides", "")
            groups[name] = Group(decides, default, read_options(name, folders))
    return groups


def read_options(group: str, folders: Sequence[Path] = ()) -> dict[str, str]:
    """Each option of a group, and the first line of its comment; `folders` as in `read_groups`."""
    paths = find_options(f"{group}/*.yaml", folders or conf_folders())
    return {path.stem: read_head(path)[0] for path in paths}


def read_head(path: Path) -> list[str]:
    """The lines of comment with which a file begins, else that of its first key; never empty."""
    head = [line.strip() for line in read_comment(path)]
    text, root = _read(path)
    beside = _comment(text, *root.value[0]) if root is not None and root.value else ""
    return head or [beside]


def read_comment(path: Path) -> list[str]:
    """The lines of comment with which a file begins, indented as they are there."""
    lines = path.read_text("utf-8").splitlines()
    head = [line.removeprefix("#").removeprefix(" ") for line in lines[: _head_length(lines)]]
    return [line for line in head if line.strip() and not line.startswith("@package")]


def read_values(config: str, with_hydra: bool = False) -> dict[str, Value]:
    """The values of `conf/CONFIG.yaml` and of what it begins with, and those of Hydra or not."""
    values: dict[str, Value] = {}
    text, root = _read(CONF / f"{config}.yaml")
    for entry in _defaults(root):
        if isinstance(entry, yaml.ScalarNode) and entry.value != "_self_":
            values |= read_values(entry.value, with_hydra)
    values |= dict(_values(text, root, ""))
    return {
        key: value for key, value in values.items() if with_hydra or not key.startswith("hydra.")
    }


def option_values(
    group: str, name: str, folders: Sequence[Path] = (), package: str | None = None
) -> dict[str, Value]:
    """The values of an option by their paths, with those of the options that it begins with.

    `folders` as in `read_groups`.
    """
    [file] = find_options(f"{group}/{name}.yaml", folders or conf_folders())
    text, root = _read(file)
    header = re.match(r"# @package (\S+)", text)
    own = header[1].replace("_global_", "") if header else group.replace("/", ".")
    package = own if package is None else package
    values: dict[str, Value] = {}
    for entry in _defaults(root):
        if isinstance(entry, yaml.ScalarNode) and entry.value[0] not in "_/":
            path, _, place = entry.value.partition("@")
            folder, _, base = f"{group}/{path}".rpartition("/")
            place = f"{package}.{place}".lstrip(".") if place else None
            values |= option_values(folder, base, folders, place)
    return values | dict(_values(text, root, package))


def _read(path: Path) -> tuple[str, Any]:
    """A file's text, and its root node."""
    text = path.read_text("utf-8")
    return text, yaml.compose(text, LOADER)


def _defaults(root: Any) -> list[Any]:
    """The entries of a defaults list."""
    parts = root.value if isinstance(root, yaml.MappingNode) else []
    return next((value.value for key, value in parts if key.value == "defaults"), [])


def _values(text: str, node: Any, path: str) -> Iterator[tuple[str, Value]]:
    """Each value below a node, by its path; what begins with `_` belongs to Hydra."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        place = f"{path}.{key.value}".lstrip(".")
        if key.value.startswith("_") or key.value == "defaults":
            continue
        if isinstance(value, yaml.MappingNode) and value.value:
            yield from _values(text, value, place)
        else:
            yield place, Value(_slice(text, value), _comment(text, key, value))


def _slice(text: str, node: Any) -> str:
    """A value as it is written, on one line."""
    start, end = node.start_mark, node.end_mark
    lines = text.splitlines()[start.line : end.line + 1] or [""]
    if start.line == end.line:
        return lines[0][start.column : end.column]
    return str(node.value) if isinstance(node, yaml.ScalarNode) else LONG


def _comment(text: str, key: Any, value: Any) -> str:
    """The comment beside a key and its value, else the lines above it that are nothing else."""
    lines = text.splitlines()
    line = key.start_mark.line
    one_line = value.end_mark.line == line
    beside = COMMENT.match(lines[line][(value if one_line else key).end_mark.column :])
    if beside:
        return beside[1].strip()
    first = line
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    above = lines[first:line] if first >= _head_length(lines) else []
    return " ".join(one.strip().lstrip("# ") for one in above)


def _head_length(lines: list[str]) -> int:
    """The number of lines at the beginning that are comments."""
    return next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
