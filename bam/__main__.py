"""The command `bam`, which is also `python -m bam` and, for one command each, scripts/."""

import sys
from importlib import import_module
from importlib.util import find_spec

from bam.system.stop import end_on_stop


def main() -> None:
    """Run the command that is named first."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if not name.isidentifier() or find_spec(f"bam.command.{name}") is None:
        sys.exit(f"error: bam must be followed by a command, got {name!r}")
    del sys.argv[1]
    run(name)


def run(name: str) -> None:
    """Run one command on the arguments of this program."""
    sys.argv[0] = f"bam {name}"  # as help and environment.json show it
    with end_on_stop():  # also while its libraries are read
        command = import_module(f"bam.command.{name}").main
    command()


if __name__ == "__main__":
    main()
