"""Complete commands and options in bash, zsh or fish: bam completion bash

In ~/.bashrc: eval "$(bam completion bash)"; in ~/.zshrc, after compinit: eval "$(bam completion
zsh)"; in ~/.config/fish/config.fish: bam completion fish | source
"""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path

from bam.__main__ import commands
from bam.config.card import read_cards
from bam.config.conf import CONF, PATHS, SWEEPS
from bam.config.extensions import conf_folders, find_options
from bam.config.options import Group, option_values, read_groups, read_values
from bam.run.override import Override
from bam.system.program import one_sentence
from bam.system.stop import end_on_stop

BASH = r"""
_bam() {
    local line=${COMP_LINE:0:COMP_POINT} IFS=$'\n'
    local word=${line##* }
    local before=""  # what bash takes for a word of its own
    [[ $COMP_WORDBREAKS == *=* ]] && before=${word%"${word##*[=:]}"}
    COMPREPLY=($(bam completion words "$line" 2>/dev/null))
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
    [[ ${COMPREPLY[0]-} == *[=./] || ${#COMPREPLY[@]} != 1 ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -F _bam bam
"""
ZSH = r"""
_bam() {
    local -a found
    found=("${(@f)$(bam completion words "${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
    [[ -n $found ]] && compadd -Q -S '' -a found
}
compdef _bam bam
"""
FISH = r"""
complete -c bam -f -a '(bam completion words (commandline -cp | string collect) 2>/dev/null)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
FLAGS = ("-m", "--cfg", "--help", "--info")
OF_FOLDERS = ("collect", "report", "board", "runs", "clean")  # their argument is a folder


def main() -> None:
    parser = ArgumentParser(prog="bam completion", description=__doc__)
    parser.add_argument("shell", choices=[*SCRIPTS, "words"], help="words: what may follow LINE")
    parser.add_argument("line", nargs="?", default="")
    with end_on_stop(), one_sentence():
        given = parser.parse_args()
        if given.shell == "words":
            print("\n".join(complete(given.line)))
        else:
            print(SCRIPTS[given.shell].strip())


def complete(line: str) -> list[str]:
    """The words that the last word of a command line may become."""
    _, *words = line.split(" ")
    *before, word = words or [""]
    before = [one for one in before if one]
    if not before or before[0] == "help":
        found: Iterator[str] = iter([*commands(), "help"] if not before else commands())
    elif before[0] == "methods":
        found = (card.name for card in read_cards())
    elif before[0] in OF_FOLDERS:
        found = _paths("", word)
    elif (CONF / f"{before[0]}.yaml").is_file():
        found = _of_program(before[0], before[1:], word)
    else:
        found = iter(())
    return sorted({one for one in found if one.startswith(word)})


def _of_program(config: str, before: Sequence[str], word: str) -> Iterator[str]:
    """Options and flags of a program with a config, after other options."""
    folders = conf_folders(before)
    groups = read_groups(config, folders)
    typed = Override.parse(word)
    if not before and "=" not in word:
        yield from _without_key(config, groups, word)
    if "=" not in word:
        yield from (flag for flag in FLAGS if flag != "-m" or config in SWEEPS)
        yield from (
            f"{typed.sign}{key}=" for key in [*groups, *_keys(config, groups, before, folders)]
        )
    elif typed.key in PATHS:
        yield from _paths(f"{typed.sign}{typed.key}=", typed.value)
    elif typed.key in groups:
        first = typed.value.rstrip(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
        )
        own = _own_data_sets(config, before) if typed.key == "dataset" else []
        for name in [*groups[typed.key].options, *own]:
            yield f"{typed.sign}{typed.key}={first}{name}"
    elif "true" in _values(config, typed.key) or "false" in _values(config, typed.key):
        yield from (f"{typed.sign}{typed.key}={value}" for value in ("true", "false"))


def _without_key(config: str, groups: dict[str, Group], word: str) -> Iterator[str]:
    """What may be the first word as it is: a folder that is served, the data set that is shown."""
    if config == "serve":
        yield from _paths("", word)
    elif config == "data":
        yield from [*groups["dataset"].options, *_own_data_sets(config, [])]


def _keys(
    config: str, groups: dict[str, Group], before: Sequence[str], folders: Sequence[Path]
) -> Iterator[str]:
    """The values of the program, and those of each choice, before this word or of the defaults."""
    yield from (key for key in read_values(config) if key not in groups)
    given = {one.key: one.value for one in map(Override.parse, before)}
    for name, group in groups.items():
        for choice in given.get(name, group.default).strip("[]").split(","):
            if find_options(f"{name}/{choice.strip()}.yaml", folders):
                yield from option_values(name, choice.strip(), folders)


def _values(config: str, key: str) -> str:
    value = read_values(config).get(key)
    return value.text if value else ""


def _own_data_sets(config: str, before: Sequence[str]) -> list[str]:
    """Those prepared in the data_dir of the line, or in the usual one."""
    given = {one.key: one.value for one in map(Override.parse, before)}
    folder = Path(given.get("data_dir", _values(config, "data_dir")))
    return [path.stem for path in folder.glob("conf/dataset/*.yaml")]


def _paths(start: str, typed: str) -> Iterator[str]:
    """Folders and files that the path may become; a folder ends in a slash."""
    folder, slash, _ = typed.rpartition("/")
    for path in Path(folder + slash).glob("[!.]*"):
        yield f"{start}{folder}{slash}{path.name}{'/' if path.is_dir() else ''}"
