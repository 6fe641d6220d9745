"""Progress bars: lively on a terminal, a line now and then in a log file."""

import os
import sys
from typing import Any

from tqdm import tqdm

from bam.system.processes import is_lead


def progress_bar(*things: Any, **options: Any) -> tqdm:
    """A tqdm bar; none where TQDM_DISABLE is set, as it is for jobs beside each other."""
    interval = 0.5 if sys.stderr.isatty() else 30
    off = "TQDM_DISABLE" in os.environ or not is_lead()  # tqdm itself reads it only once
    return tqdm(*things, mininterval=interval, dynamic_ncols=True, disable=off, **options)
