"""A run's folder: one process works in it, what is finished stays, what was interrupted goes on."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bam.errors import Mistake
from bam.run.files import CONFIG, LOCK, LOG, RESULTS, partial, read, write_yaml
from bam.run.identity import code, fingerprint
from bam.run.migrate import migrated
from bam.run.request import Run

ANOTHER = "give another name= or hydra.run.dir=, or delete it"


class Busy(Mistake):
    """Another process works in the folder."""


@contextmanager
def claimed(run: Run) -> Iterator[dict[str, Any] | None]:
    """Work in the run's folder alone, with the log going there too; gives the results it has.

    A folder that was left unfinished, at whatever moment, is taken up again.

    Raises:
        Busy: another process works in the folder.
        Mistake: the folder holds another run or other files; or it is finished, and the run no
            point of a sweep; or it was finished by other code.
    """
    if (results := finished(run)) is not None:
        yield results
        return
    run.folder.mkdir(parents=True, exist_ok=True)
    with _locked(run.folder):
        if (results := finished(run)) is None:  # nor by a process that held the lock
            _write_config(run)
            with _logged(run.folder):
                yield None
        else:
            yield results
        if (run.folder / RESULTS).exists():
            (run.folder / LOCK).unlink(missing_ok=True)


def finished(run: Run) -> dict[str, Any] | None:
    """The results of the run, where an earlier process has finished it.

    Results of other code are refused: beside results of the present code they would make a table
    that no code can reproduce. `any_code=true` takes them; deleting the folder runs it again.
    """
    folder = run.folder
    results = stored(folder)
    done = results is not None and results.get("status") != "failed"
    if not (folder / CONFIG).exists():
        _refuse_files(folder)
        return None
    saved = migrated(read(folder / CONFIG))
    other = fingerprint(saved) != fingerprint(run.config)
    if other or (done and not run.in_sweep):
        state = "a finished run" if done else "another run"
        raise Mistake(f"run folder {folder} already holds {state}; {ANOTHER}")
    if done and results is not None and results.get("code") != code() and not run.any_code:
        raise Mistake(
            f"run folder {folder} was finished by other code; delete it to run it again, "
            "or take such results with any_code=true"
        )
    return results if done else None


def stored(folder: Path) -> dict[str, Any] | None:
    """The results that lie in a folder, if there are any."""
    path = folder / RESULTS
    return read(path) if path.is_file() else None


def _refuse_files(folder: Path) -> None:
    ours = {LOCK, partial(folder / CONFIG).name}
    if folder.is_dir() and {path.name for path in folder.iterdir()} - ours:
        raise Mistake(f"run folder {folder} already holds files; {ANOTHER}")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout as error:
        raise Busy(f"run folder {folder} is in use by another process") from error


def _write_config(run: Run) -> None:
    (run.folder / RESULTS).unlink(missing_ok=True)  # of an attempt that failed
    write_yaml(run.folder / CONFIG, run.config)


@contextmanager
def _logged(folder: Path) -> Iterator[None]:
    handler = logging.FileHandler(folder / LOG)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
