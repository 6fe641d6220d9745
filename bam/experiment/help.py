"""The help of a program: its groups, options and values, in the words of conf/."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bam.config.card import is_method, read_card
from bam.config.conf import CONF, SWEEPS
from bam.config.extensions import conf_folders, find_options
from bam.config.options import (
    Group,
    Value,
    option_values,
    read_groups,
    read_head,
    read_values,
)
from bam.config.own_data import own_data_sets
from bam.experiment.show_card import show_card
from bam.run.override import Override

WIDEST = 100  # letters
FLAGS = {
    "-m": "a sweep: an option may have several values, separated by commas",
    "--cfg job": "print the config, and run nothing",
    "--info defaults": "print which files the config is made of, and run nothing",
    "--help": "this text; after a choice, such as backbone=mind, what that choice has",
}


def show_help(config: str, about: str, arguments: Sequence[str]) -> None:
    """Print the help of the program with this config; of the choices on the command line alone."""
    console = Console(highlight=False)
    console.width = min(console.width, WIDEST)
    folders = conf_folders(arguments)
    groups = read_groups(config, folders)
    chosen = [one for one in map(Override.parse, arguments) if one.key in groups and one.value]
    several = "[GROUP=OPTION ...] " if groups else ""
    console.print(Text(f"bam {config} {several}[KEY=VALUE ...]", "bold"))
    console.print(Text(f"\n{about.strip().splitlines()[0].partition(': bam ')[0]}."))
    for override in chosen:
        for name in override.value.strip("[]").split(","):
            _show_choice(console, override.key, name.strip(), folders)
    if chosen:
        console.print(Text(f"\nAll groups and values: bam {config} --help"))
    else:
        _show_all(console, config, groups, own_data_sets(arguments))


def _show_all(
    console: Console, config: str, groups: Mapping[str, Group], own_data: list[str]
) -> None:
    examples = [line for line in read_head(CONF / f"{config}.yaml") if line.startswith("bam ")]
    _title(console, "Examples")
    for example in examples:
        console.print(Text(f"  {example}"), soft_wrap=True)  # whole, to be copied
    if groups:
        rule = "the option that holds unless another is given is first"
        _title(console, f"Groups: GROUP=OPTION, {rule}")
        _columns(console, _group_rows(groups, own_data))
    values = {key: value for key, value in read_values(config).items() if key not in groups}
    _title(console, "Values: KEY=VALUE")
    _columns(console, _value_rows(values))
    _title(console, "Flags")
    flags = {flag: words for flag, words in FLAGS.items() if flag != "-m" or config in SWEEPS}
    _columns(console, [(Text(flag, "cyan"), Text(words)) for flag, words in flags.items()])


def _show_choice(console: Console, group: str, name: str, folders: Sequence[Path]) -> None:
    """What an option of conf/ or of another package is, and the values that it has."""
    for path in find_options(f"{group}/{name}.yaml", folders):
        _title(console, f"{group}={name}")
        if group == "experiment" and is_method(path):
            show_card(console, read_card(path))
        else:
            console.print(Padding(Text(" ".join(read_head(path))), (0, 0, 1, 2)))
        _columns(console, _value_rows(option_values(group, name, folders)))


def _group_rows(groups: Mapping[str, Group], own_data: list[str]) -> Iterator[tuple[Text, Text]]:
    for name, group in groups.items():
        own = own_data if name == "dataset" else []
        others = [one for one in [*group.options, *own] if one != group.default]
        words = Text(group.decides)
        words.append(f"\n{group.default}", "bold").append(f"  {'  '.join(others)}", "dim")
        yield Text(name, "cyan"), words


def _value_rows(values: Mapping[str, Value]) -> Iterator[tuple[Text, Text]]:
    for key, value in values.items():
        if "${" in value.text:  # it follows from another one
            continue
        yield Text(f"{key}={value.text}", "cyan", overflow="fold"), Text(value.comment)


def _columns(console: Console, rows: Iterator[tuple[Text, Text]] | list[tuple[Text, Text]]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=console.width * 2 // 5)
    table.add_column()
    for row in rows:
        table.add_row(*row)
    console.print(Padding(table, (0, 0, 0, 2)))


def _title(console: Console, text: str) -> None:
    console.print(Text(f"\n{text}", "bold"))
