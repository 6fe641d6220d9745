"""Log lines of a program: on its console, above the progress bars."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tqdm import tqdm

from bam.system.torchrun import is_first_process

LEVELS = {logging.WARNING: "warning: ", logging.ERROR: "error: "}


class Lines(logging.Handler):
    """Writes each line above the progress bars, after a prefix and, from warnings on, the level.

    What has a traceback goes to files only: its sentence ends the program. So do Hydra's own lines
    about jobs.
    """

    def __init__(self, prefix: str):
        super().__init__()
        self.prefix = prefix
        self.addFilter(_is_for_console)

    def emit(self, record: logging.LogRecord) -> None:
        level = LEVELS.get(record.levelno, "")
        for line in record.getMessage().splitlines():
            with suppress(OSError, ValueError):  # nobody reads any more: the run goes on
                tqdm.write(f"{self.prefix}{level}{line.strip()}", file=sys.stderr)


def _is_for_console(record: logging.LogRecord) -> bool:
    is_about_jobs = record.name.startswith("hydra") and record.levelno < logging.WARNING
    return not record.exc_info and not is_about_jobs


@contextmanager
def log_lines(prefix: str = "") -> Iterator[None]:
    """Send log lines to the console only, each after this prefix."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    root.handlers = [Lines(prefix)]
    root.setLevel(logging.INFO if is_first_process() else logging.WARNING)
    try:
        yield
    finally:
        root.handlers = before
        root.setLevel(level)
