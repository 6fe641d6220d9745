"""Ctrl-C and SIGTERM: the first stops the program where nothing is lost, a second ends it at once.

This module imports no other, so that a program is ready for signals before it imports its parts.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
SAME = 1.0  # seconds: a terminal and torchrun, or a group and a launcher, both pass on one signal
GOES_ON = "what is finished is kept, and the same command goes on"


class Stopped(KeyboardInterrupt):
    """SIGINT or SIGTERM has arrived; `kept` is what the user still has."""

    def __init__(self, number: int, kept: str = GOES_ON):
        super().__init__(number, kept)
        self.number, self.kept = number, kept

    def __str__(self) -> str:
        return f"stopped by {NAMES[signal.Signals(self.number)]}: {self.kept}"

    @property
    def exit_code(self) -> int:
        """As a shell shows the end by a signal: 130 or 143."""
        return 128 + self.number


def end_process(number: int) -> None:
    os._exit(128 + number)


def interrupt(number: int) -> None:
    raise KeyboardInterrupt


def find_second_stop() -> Callable[[int], None]:
    """What a second signal does: it ends a program of bam, and only interrupts any other, such as
    a notebook, where Ctrl-C has still Python's own meaning.
    """
    ours = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    return end_process if ours else interrupt


@contextmanager
def on_stop(
    act: Callable[[int], None], again: Callable[[int], None] = end_process
) -> Iterator[None]:
    """Call `act` with the number of the first SIGINT or SIGTERM, and `again` with a later one's.

    Python handles signals in the main thread only: in another thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[float] = []

    def handle(number: int, frame: FrameType | None) -> None:
        arrived.append(time.monotonic())
        if len(arrived) == 1:
            act(number)
        elif arrived[-1] - arrived[0] > SAME:
            again(number)

    before = {number: signal.signal(number, handle) for number in NAMES}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)  # None: a handler that is not Python's


@contextmanager
def raise_on_stop() -> Iterator[None]:
    """Raise Stopped in the main thread, wherever it is, at the first SIGINT or SIGTERM."""

    def stop(number: int) -> None:
        raise Stopped(number)

    with on_stop(stop):
        yield


@contextmanager
def end_on_stop() -> Iterator[None]:
    """End the program with one sentence at the first SIGINT or SIGTERM that arrives here."""
    with raise_on_stop():
        try:
            yield
        except Stopped as stopped:
            sys.stderr.write(f"{stopped}\n")
            sys.exit(stopped.exit_code)
