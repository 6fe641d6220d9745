"""What the seconds of a measurement are."""

import time
from collections.abc import Callable


def clock(cpu_time: bool) -> Callable[[], float]:
    """Seconds that pass, or those that this process computes, in all its threads together.

    The second kind does not pass while another program has the core.
    """
    return time.process_time if cpu_time else time.perf_counter
