"""The command `bam`, which is also `python -m bam` and, for one command each, scripts/.

A command is a file of bam/command/: the menu is made from the first lines of these files, which are
read and not imported.
"""

import ast
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bam.errors import DISTRIBUTION, Mistake
from bam.system.nearest import nearest
from bam.system.program import one_sentence
from bam.system.stop import end_on_stop

COMMANDS = Path(__file__).parent / "command"
HELP, VERSION = ("-h", "--help", "help"), "--version"


def main() -> None:
    """Run the command that is named first, or show the menu."""
    name, *rest = sys.argv[1:] or ["help"]
    if name in HELP and rest[:1] and rest[0] not in HELP:
        name, rest = rest[0], ["--help"]
    with end_on_stop(), one_sentence():
        if name in HELP:
            sys.stdout.write(menu())
            return
        if name == VERSION:
            show_version()
            return
        _check(name)
    sys.argv[1:] = rest
    run(name)


def run(name: str) -> None:
    """Run one command on the arguments of this program."""
    if VERSION in sys.argv[1:]:  # Hydra would show its own
        show_version()
        return
    sys.argv[0] = f"bam {name}"  # as help and environment.json show it
    with end_on_stop():  # also while its libraries are read
        command = import_module(f"bam.command.{name}").main
    command()


def commands() -> dict[str, str]:
    """Every command, and the first line of its file."""
    found = {}
    for path in sorted(COMMANDS.glob("[!_]*.py")):
        words = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        found[path.stem] = words.partition("\n")[0]
    return found


def menu() -> str:
    """What is shown for `bam --help`."""
    known = commands()
    width = max(map(len, known))
    lines = [f"  {name:{width}}  {words.partition(': bam ')[0]}" for name, words in known.items()]
    return "\n".join(
        [
            "Balanced multi-interest sequential recommendation: bam COMMAND ...",
            "",
            *lines,
            "",
            "  bam help COMMAND shows what a command takes; bam --version shows the version.",
            "  First steps: bam train -m experiment=demo selection=hard,p and bam runs outputs",
            "",
        ]
    )


def show_version() -> None:
    """Print the version of bam."""
    sys.stdout.write(f"bam {bam_version()}\n")


def bam_version() -> str:
    """The installed version."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return f"in {COMMANDS.parents[1]}, not installed"


def _check(name: str) -> None:
    """Refuse what is no command."""
    known = commands()
    if name in known:
        return
    if "=" in name:
        raise Mistake(f"a command must come first, got {name!r}; write bam train {name}")
    near = nearest(name, known)
    meant = f" did you mean {near}?" if near else ""
    raise Mistake(f"{name} is no command;{meant} the commands are: {', '.join(known)}")


if __name__ == "__main__":
    main()
