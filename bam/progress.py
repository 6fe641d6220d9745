"""Progress bars: lively on a terminal, a line now and then in a log file."""

import sys
from functools import partial

from tqdm import tqdm

from bam.parallel import is_lead

bar = partial(tqdm, mininterval=0.5 if sys.stderr.isatty() else 30, dynamic_ncols=True,
              disable=not is_lead())  # fmt: skip
