"""One program: unbroken, or broken once and started again."""

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

from tests.conftest import ROOT
from tests.crash.kinds import KINDS, Kind
from tests.experiment.planted import until

PAGE, LARGE = 4096, 64 * 2**20  # bytes


@dataclass(frozen=True)
class Verdict:
    """What came of a program that was broken."""

    kind: Kind
    folder: Path
    problem: str  # empty: none
    equal: bool
    clean: bool


@dataclass(frozen=True)
class Reference:
    """A kind of program that nothing broke."""

    kind: Kind
    given: Path  # what it starts from
    folder: Path
    events: int
    seconds: float
    content: Any

    @staticmethod
    def of(kind: Kind, folder: Path) -> "Reference":
        given, whole = folder / f"{kind.name}-given", folder / f"{kind.name}-whole"
        give(kind, given)
        copytree(given, whole)
        began = time.monotonic()
        code = execute(command(kind, whole), whole).wait()
        if code:
            raise RuntimeError(f"{whole}: ended with {code}; see {whole.with_suffix('.console')}")
        seconds, count = time.monotonic() - began, whole.with_suffix(".count")
        events = int(count.read_text()) if count.exists() else 0
        return Reference(kind, given, whole, events, seconds, kind.content(whole))


def give(kind: Kind, folder: Path) -> None:
    """What the program starts from: a raw file, prepared data, or runs to collect."""
    folder.mkdir()
    if kind.name == "prepare":
        lines = (
            f"{u},{(7 * u + 3 * n) % 401},{100 * n + u}\n" for n in range(40) for u in range(2000)
        )
        (folder / "raw.csv").write_text("".join(["user,item,time\n", *lines]))
        return
    first = ["prepare.py", "dataset=planted", "data_dir=data"]
    if kind.name == "collect":
        (sweep,) = (one for one in KINDS if one.name == "sweep")
        first = [sweep.script, *sweep.options]
    code = execute([sys.executable, str(ROOT / "scripts" / first[0]), *first[1:]], folder).wait()
    if code:
        raise RuntimeError(f"{folder}: ended with {code}")
    for table in folder.glob("out/results.*"):
        table.unlink()


def command(kind: Kind, folder: Path, nth: int = 0, delay: float = 0.0) -> list[str]:
    """The program, which counts events, or kills itself after one of them."""
    script = [str(ROOT / "scripts" / kind.script), *kind.options]
    if kind.trigger in ("time", "disk"):
        return [sys.executable, *script]
    count = str(folder.with_suffix(".count"))
    victim = [sys.executable, "-m", "tests.crash.victim", count, kind.trigger]
    return [*victim, str(nth), f"{delay:.4f}", *script]


def execute(arguments: list[str], folder: Path, largest: int = 0) -> "subprocess.Popen[bytes]":
    """Start it in the folder, beside which its output is; `largest` limits its files, in bytes."""
    path = f"{ROOT}:{ROOT / 'bam' / 'plugins'}"
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (largest, largest))
    with folder.with_suffix(".console").open("a") as console:
        return subprocess.Popen(
            arguments,
            cwd=folder,
            stdout=console,
            stderr=console,
            env={**os.environ, "PYTHONPATH": path},
            preexec_fn=limit if largest else None,
        )


def break_once(unbroken: Reference, folder: Path, chance: random.Random) -> Verdict:
    """Break the program at a random moment, start it again, and compare."""
    kind = unbroken.kind
    with disk(unbroken, folder, chance) as fill:
        copytree(unbroken.given, folder, dirs_exist_ok=True)
        if fill:
            broken = fill()
        elif kind.trigger == "time":
            broken = kill_after(chance.uniform(0.2, 0.95) * unbroken.seconds, kind, folder)
        else:
            nth, delay = chance.randint(1, unbroken.events), chance.uniform(0, kind.delay)
            broken = execute(command(kind, folder, nth, delay), folder).wait()
        until(lambda: not processes_in(folder))
        code = execute(command(kind, folder), folder).wait()
        return judge(unbroken, folder, broken, code)


def kill_after(seconds: float, kind: Kind, folder: Path) -> int:
    """The exit code of a program that is killed after this time, unless it has ended before."""
    started = execute(command(kind, folder), folder)
    try:
        return started.wait(seconds)
    except subprocess.TimeoutExpired:
        started.kill()
        return started.wait()


@contextmanager
def disk(
    unbroken: Reference, folder: Path, chance: random.Random
) -> Iterator[Callable[[], int] | None]:
    """For a full disk: a small one in memory, which is made larger after the program has failed.

    Where none may be mounted, no file of the program may grow above a limit.
    """
    folder.mkdir()
    if unbroken.kind.trigger != "disk":
        yield None
        return
    share = chance.uniform(0, 0.9)
    size = used(unbroken.given) + int(share * used(unbroken.folder / "out"))
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(folder), "-o"]
    mounted = not subprocess.run([*mount, f"size={size}"], capture_output=True).returncode

    def fill() -> int:
        largest = max(path.stat().st_size for path in files(unbroken.folder / "out"))
        limit = 0 if mounted else int(chance.uniform(0, 0.9) * largest) + 1
        code = execute(command(unbroken.kind, folder), folder, limit).wait()
        if mounted:
            subprocess.run([*mount, f"remount,size={LARGE}"], check=True)
        return code

    try:
        yield fill
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def judge(unbroken: Reference, folder: Path, broken: int, code: int) -> Verdict:
    """Whether the program was broken, has ended, and left what an unbroken one leaves."""
    kind = unbroken.kind
    late = (
        code == 1 and "already holds a finished run" in folder.with_suffix(".console").read_text()
    )
    ours, theirs = names(folder), names(unbroken.folder)
    problems = []
    if broken == 0 and kind.trigger != "time":
        problems.append("nothing broke it")
    if code and not late:
        problems.append(f"the same command ended with {code}")
    equal = not problems and bool(kind.content(folder) == unbroken.content)
    if not problems and not equal:
        problems.append("other numbers")
    if ours != theirs:
        problems.append(f"files {sorted(ours ^ theirs)}")
    if not problems:
        rmtree(folder, ignore_errors=True)
    return Verdict(kind, folder, "; ".join(problems), equal, ours == theirs)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in files(folder)}


def used(folder: Path) -> int:
    """The bytes of the pages that its files take."""
    return sum(-(-path.stat().st_size // PAGE) * PAGE for path in files(folder))


def processes_in(folder: Path) -> list[str]:
    """The processes that work in this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        try:
            found += [path.parts[2]] if path.readlink() == folder.resolve() else []
        except OSError:
            continue
    return found
