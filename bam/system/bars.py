"""Progress bars: updated twice a second on a terminal, twice a minute in a log file."""

import os
import sys
from typing import Any

from tqdm import tqdm

from bam.system.torchrun import is_first_process


def progress_bar(*arguments: Any, **options: Any) -> tqdm:
    """A tqdm bar with these arguments.

    It is hidden in all processes but the first, and where the environment variable TQDM_DISABLE is
    set, as a sweep sets it for jobs that run at the same time.
    """
    interval = 0.5 if sys.stderr.isatty() else 30  # seconds
    hidden = "TQDM_DISABLE" in os.environ or not is_first_process()  # tqdm read it at import
    return tqdm(*arguments, mininterval=interval, dynamic_ncols=True, disable=hidden, **options)
