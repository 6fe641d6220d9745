"""Progress bars, on a terminal or in a notebook; a file gets log lines alone."""

import os
import sys
from importlib.util import find_spec
from typing import Any

from tqdm import tqdm

from bam.system.torchrun import is_first_process

INTERVAL = 0.5  # seconds between two drawings


def progress_bar(*arguments: Any, **options: Any) -> tqdm:
    """A tqdm bar with these arguments.

    It is hidden where nobody sees it move: in a file or a pipe, in all processes but the first, and
    where the environment variable TQDM_DISABLE is set, as a sweep sets it for jobs that run at the
    same time.
    """
    kind = _bar_of_notebook()
    is_seen = kind is not tqdm or sys.stderr.isatty()
    hidden = "TQDM_DISABLE" in os.environ or not is_first_process()  # tqdm read it at import
    options = {"mininterval": INTERVAL, "dynamic_ncols": True, **options}
    return kind(*arguments, disable=hidden or not is_seen, **options)


def _bar_of_notebook() -> type[tqdm]:
    """The class of a notebook's bars; tqdm's own elsewhere, and where ipywidgets is missing."""
    if "ipykernel" in sys.modules and find_spec("ipywidgets"):
        from tqdm.notebook import tqdm as notebook_bar

        return notebook_bar
    return tqdm
