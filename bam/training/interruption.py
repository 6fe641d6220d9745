"""Stop a training between two steps, in all its processes after the same step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bam.system.processes import Processes
from bam.system.stop import Stopped, find_second_stop, on_stop

TOGETHER = 10  # several processes compare whether a signal has arrived after this many steps


class Interruption:
    """Whether SIGINT or SIGTERM has arrived, in any of the processes."""

    def __init__(self, largest: Callable[[int], int] | None):
        self.largest = largest  # over the processes; None: there is one process
        self.arrived, self.at_once = 0, False

    def signal(self, number: int) -> None:
        """Take note of a signal, or raise Stopped where that can be done at once."""
        self.arrived = number
        if self.at_once:
            raise Stopped(number)

    def after_step(self, step: int) -> None:
        """Raise Stopped after a step, if a signal has arrived; in all processes or in none.

        Several processes compare at each tenth step. They wait for each other in any case, and the
        comparison is between their hosts: no GPU is waited for.
        """
        arrived = self.arrived
        if self.largest:
            arrived = self.largest(arrived) if step % TOGETHER == 0 else 0
        if arrived:
            raise Stopped(arrived)

    @contextmanager
    def possible(self) -> Iterator[None]:
        """A part that changes nothing, and may end anywhere: a validation of one process.

        Several processes finish it, because they gather its parts from each other.
        """
        if self.arrived and not self.largest:
            raise Stopped(self.arrived)
        self.at_once = self.largest is None
        try:
            yield
        finally:
            self.at_once = False


@contextmanager
def interruption(processes: Processes, timeout: int) -> Iterator[Interruption]:
    """From here on SIGINT and SIGTERM stop at a step, and not where they arrive.

    Several processes wait for each other for at most `timeout` seconds.
    """
    with processes.comparing(timeout) as largest:
        found = Interruption(largest)
        with on_stop(found.signal, find_second_stop()):
            yield found
            found.after_step(0)  # one that arrived after the last step
