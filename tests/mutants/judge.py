"""Whether a test notices a mutant: the tests of its area in a fork, in a copy of the project."""

import importlib
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.mutants.changes import Mutant

ROOT = Path(__file__).parents[2]
SECONDS = 120  # of the processor; a mutant that takes longer is noticed
LIBRARIES = ("torch", "pytest", "scipy.stats", "hydra", "hypothesis", "jaxtyping", "beartype")
COPIED = ("bam", "conf", "scripts", "tests")
FORK = multiprocessing.get_context("fork")


def judge(mutants: Iterable[tuple[Mutant, list[str]]], jobs: int) -> Iterator[bool]:
    """Whether one of the tests of each mutant fails; the libraries are imported once."""
    for name in LIBRARIES:
        importlib.import_module(name)
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(jobs, FORK, initializer=_copy, initargs=(folder,)) as pool,
    ):
        yield from pool.map(_is_noticed, mutants)


def _copy(folder: str) -> None:
    """A copy of the project for this process, which is its working directory from here on."""
    mine = Path(folder) / str(os.getpid())
    for name in COPIED:
        shutil.copytree(ROOT / name, mine / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", mine)
    os.chdir(mine)


def _is_noticed(one: tuple[Mutant, list[str]]) -> bool:
    mutant, tests = one
    path = Path(mutant.file)
    before, times = path.read_text(), path.stat()
    path.write_text(mutant.source)
    os.utime(path, (1, 1))  # no compiled file is of this time
    child = FORK.Process(target=_run_tests, args=(tests,))
    child.start()
    child.join(10 * SECONDS)
    child.kill()
    child.join()
    path.write_text(before)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return child.exitcode != 0


def _run_tests(tests: list[str]) -> None:
    """In a process that has imported nothing of the project, with the copy's modules."""
    for name in [name for name in sys.modules if name.split(".")[0] in {"bam", "tests"}]:
        del sys.modules[name]
    here = Path.cwd()
    sys.path[:] = [str(here), str(here / "bam" / "plugins"),
                   *(path for path in sys.path if path not in {"", str(ROOT)})]  # fmt: skip
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1), os.dup2(null, 2)
    pytest = importlib.import_module("pytest")
    options = ["-q", "-x", "-p", "no:xdist", "-p", "no:cacheprovider", "--rootdir=.",
               "-W", "ignore::pytest.PytestAssertRewriteWarning"]  # fmt: skip
    os._exit(pytest.main([*options, *dict.fromkeys(tests)]))
