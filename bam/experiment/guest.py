"""A call from somebody else's program: bam leaves the process as it has found it."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from bam.config.hydra_errors import CONFIG_ERRORS, without_advice
from bam.system.failure import explain
from bam.system.log_lines import Lines
from bam.system.memory import reuse_freed_memory

LOGGER = logging.getLogger("bam")
turn = threading.RLock()  # torch's random state and threads belong to the process


@contextmanager
def as_guest(device: torch.device | None = None) -> Iterator[None]:
    """One call at a time; torch's random state and threads, and logging, are the same afterwards.

    Raises:
        Mistake: also for any other error that its user can mend.
    """
    with turn, mistakes(), _log_lines(), torch.random.fork_rng(_indices(device)):
        threads = torch.get_num_threads()
        reuse_freed_memory()
        try:
            yield
        finally:
            torch.set_num_threads(threads)


@contextmanager
def mistakes() -> Iterator[None]:
    """Raise what a user can mend as a Mistake, as a command would show it.

    Raises:
        Mistake: a wrong option; a disk that is full, a file that is missing, too little memory.
    """
    try:
        yield
    except CONFIG_ERRORS as error:
        raise without_advice(error) from error
    except Exception as error:
        mistake = explain(error)
        if mistake is None or mistake is error:
            raise
        raise mistake from error


def _indices(device: torch.device | None) -> list[int]:
    """The GPU whose random state the call changes; none for a CPU."""
    if device is None or device.type != "cuda":
        return []
    return [torch.cuda.current_device() if device.index is None else device.index]


@contextmanager
def _log_lines() -> Iterator[None]:
    """Show bam's lines above the progress bars, unless the program has its own logging."""
    level = LOGGER.level
    handlers = [] if logging.getLogger().handlers else [Lines("")]
    for handler in handlers:
        LOGGER.addHandler(handler)
    if LOGGER.getEffectiveLevel() > logging.INFO:
        LOGGER.setLevel(logging.INFO)  # the run's own log has them in any case
    try:
        yield
    finally:
        LOGGER.setLevel(level)
        for handler in handlers:
            LOGGER.removeHandler(handler)
        sys.stderr.flush()
