"""Progress bars: lively on a terminal, a line now and then in a log file."""

import sys
from functools import partial

from tqdm import tqdm

bar = partial(tqdm, mininterval=0.5 if sys.stderr.isatty() else 30, dynamic_ncols=True)
