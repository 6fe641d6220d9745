"""Run `bam` as if on another system: python -m tests.system.another_system macos|windows COMMAND

What the system lacks is taken away once the libraries are loaded, for they are built for this one.
It shows that bam itself needs none of it, and not that the libraries run there.
"""

import builtins
import ctypes
import io
import mmap
import os
import signal
import sys

import filelock  # noqa: F401
import hydra  # noqa: F401
import numpy  # noqa: F401
import polars  # noqa: F401
import rich.console  # noqa: F401
import torch._dynamo  # noqa: F401
import tqdm  # noqa: F401

POSIX = ("sysconf", "killpg", "fork", "getuid", "geteuid", "setsid", "uname", "EX_OK", "getpgid")
PLATFORMS = {"macos": "darwin", "windows": "win32"}


def _library(name, *arguments, **options):
    raise TypeError("LoadLibrary() argument 1 must be str, not None")


def _lacks(call):
    """The call, without the files that Linux alone has."""

    def refuse(path, *arguments, **options):
        if isinstance(path, str | os.PathLike) and os.fspath(path).startswith(("/proc", "/sys/")):
            raise FileNotFoundError(2, "No such file or directory", os.fspath(path))
        return call(path, *arguments, **options)

    return refuse


def imitate(system: str) -> None:
    """Take away what the system does not have."""
    del os.sched_getaffinity
    for name in [name for name in vars(mmap) if name.startswith("MADV_")]:
        delattr(mmap, name)
    for module, name in ((builtins, "open"), (io, "open"), (os, "stat")):
        setattr(module, name, _lacks(getattr(module, name)))
    if system == "windows":
        ctypes.CDLL = _library
        for name in POSIX:
            delattr(os, name)
        for name in ("SIGKILL", "SIGHUP", "SIGALRM", "SIGUSR1"):
            delattr(signal, name)
        sys.modules.update(dict.fromkeys(("resource", "fcntl", "pwd", "grp", "termios")))
    sys.platform = PLATFORMS[system]


if __name__ == "__main__":
    imitate(sys.argv[1])
    del sys.argv[1]
    from bam.__main__ import main

    main()
