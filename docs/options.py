"""Writes docs/options.md from the comments of conf/: python docs/options.py"""

from collections.abc import Iterable
from pathlib import Path

from bam.config.options import Group, Value, option_values, read_groups, read_values

PAGE = Path(__file__).with_suffix(".md")
HEAD = """\
# Options

Every value in `conf/` can be changed: `bam train KEY=VALUE ...`.
A group chooses a part, such as `backbone=remi`.
A dot leads to a value inside it, such as `selection.tau=2`.
Groups that take a list are given in brackets and quotes: `'metric=[recall,gini]'`.

`bam train --help` shows this page's words in the console.
`bam train --cfg job` prints the whole configuration of a command before you start it.

This page is written by a program from the comments of `conf/` (`make docs`).

## Groups

"""
NOTE = """
A backbone may choose options of other groups, in its file.
The default `backbone=remi` takes `likelihood=hard_negatives` and `regularisation=[routing]`.
Transformers take `sampling=all_positions` and a `readout`.
`bam train backbone=NAME --cfg job` shows what holds.
"""
# commands beside train, in the order in which they are used
COMMANDS = (
    "evaluate",
    "search",
    "prepare",
    "data",
    "recommend",
    "tradeoff",
    "explore",
    "export",
    "serve",
    "update",
    "blend",
    "bench",
)

# groups of which a value without a comment only says what a source or a benchmark has
FACTS = ("dataset", "size", "measure")
TABLES = "hydra.callbacks."  # what makes the tables of a sweep


def code(text: str) -> str:
    """The text in the font of code."""
    return f"`{text}`" if text else ""


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    cells = [head, ("---",) * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in cells
    )


def overview(groups: dict[str, Group]) -> str:
    """One line for each group."""
    rows = [
        (f"[`{name}`](#{name.replace('/', '')})", group.decides, code(group.default), names(group))
        for name, group in groups.items()
    ]
    return table(("group", "what it decides", "default", "options"), rows)


def names(group: Group) -> str:
    """All options of a group."""
    return " ".join(code(option) for option in group.options)


def shared_values(name: str, group: Group) -> list[tuple[str, ...]]:
    """Each value, once for all options in which it is the same."""
    found: dict[tuple[str, ...], list[str]] = {}
    for option in group.options:
        for key, value in option_values(name, option).items():
            if value.comment or (_is_shown(value) and name not in FACTS):
                default = value.text.replace("???", "required")
                found.setdefault((code(key), code(default), value.comment), []).append(option)
    return [(*line, holders(options, group)) for line, options in found.items()]


def _is_shown(value: Value) -> bool:
    """Of those that follow from another one, only what says more than that."""
    return bool(value.comment) or "${" not in value.text


def holders(options: list[str], group: Group) -> str:
    """The names of the options, where they are few."""
    if len(options) == len(group.options):
        return "all"
    return " ".join(map(code, options)) if len(options) <= 6 else "most"


def section(name: str, group: Group) -> str:
    """A group's options, and the values of each of them."""
    options = [(code(f"{name}={option}"), words) for option, words in group.options.items()]
    values = shared_values(name, group) if name != "experiment" else []
    text = f"\n## {name}\n\n{group.decides[:1].upper()}{group.decides[1:]}.\n\n"
    text += table(("option", "what it is"), options)
    if values:
        text += "\n" + table(("value", "default", "what it does", "of"), values)
    return text


def root(config: str, known: dict[str, Value], groups: dict[str, Group]) -> str:
    """The values of a program's own that no group has; `known` are those of another program."""
    values = read_values(config, with_hydra=True)
    rows = [
        (code(key), code(value.text), value.comment)
        for key, value in values.items()
        if _is_shown(value) and key not in groups and known.get(key) != value
        if key.startswith(TABLES) or not key.startswith("hydra.")
    ]
    if not rows:
        return ""
    return f"\n## Values of bam {config}\n\n" + table(("value", "default", "what it does"), rows)


def page() -> str:
    """The whole page."""
    groups = read_groups("train")
    train = read_values("train", with_hydra=True)
    text = HEAD + overview(groups) + NOTE + root("train", {}, groups)
    text += "".join(section(name, group) for name, group in groups.items())
    for command in COMMANDS:
        own = read_groups(command)
        text += root(command, train, own)
        text += "".join(section(name, own[name]) for name in own if name not in groups)
        groups = {**groups, **own}
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
