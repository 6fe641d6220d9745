"""Run a script that kills itself: `delay` seconds after the nth time that something happens."""

import atexit
import importlib
import os
import runpy
import signal
import sys
import threading
from itertools import count
from pathlib import Path

FILES = ("os.rename", "os.remove", "os.mkdir")  # and files that are opened to be written


def main(report, trigger, nth, delay, script, *options):
    """`trigger` is a function by its path, or "files"; without a kill it reports their number."""
    number, last = count(1), [0]

    def happens():
        last[0] = next(number)
        if last[0] == int(nth):
            kill = threading.Timer(float(delay), os.kill, (os.getpid(), signal.SIGKILL))
            kill.start()

    atexit.register(lambda: Path(report).write_text(str(last[0])))
    if trigger == "files":
        watch_files(Path.cwd().resolve(), happens)
    else:
        watch_calls(*trigger.split(":"), happens)
    sys.argv = [script, *options]
    runpy.run_path(script, run_name="__main__")


def watch_files(folder, happens):
    """Python reports what it does with files; what libraries write is between two reports."""

    def hook(event, arguments):
        if event in FILES or (event == "open" and set("wax+") & set(str(arguments[1]))):
            path = arguments[0]
            named = isinstance(path, str | bytes | os.PathLike)
            if named and (folder / os.fsdecode(path)).is_relative_to(folder):
                happens()

    sys.addaudithook(hook)


def watch_calls(module, name, happens):
    """`name` is a function, or a class that is called."""
    owner = importlib.import_module(module)
    if name[0].isupper():
        owner, name = getattr(owner, name), "__call__"
    before = getattr(owner, name)

    def counted(*arguments, **options):
        happens()
        return before(*arguments, **options)

    setattr(owner, name, counted)


if __name__ == "__main__":
    main(*sys.argv[1:])
