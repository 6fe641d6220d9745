"""A few threads that answer, and a short queue before them."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from fastapi import HTTPException

T = TypeVar("T")
LATER = {"Retry-After": "1"}  # second


class Workers:
    """Threads that compute with one core each; what they have no room for is refused."""

    def __init__(self, threads: int, waiting: int, seconds: float):
        """`waiting` requests may wait for a thread; an answer must be there after `seconds`."""
        self._pool = ThreadPoolExecutor(
            threads, "answer", initializer=torch.set_num_threads, initargs=(1,)
        )
        self._room = threading.BoundedSemaphore(threads + waiting)
        self._seconds = seconds

    async def run(self, work: Callable[[], T]) -> T:
        """What the work gives.

        Raises:
            HTTPException: 503, as too many requests wait, or as the answer takes too long.
        """
        if not self._room.acquire(blocking=False):
            raise HTTPException(503, "the server is busy; try again in a second", LATER)
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self._room.release())
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(future)  # if it has not begun, it never will
        except TimeoutError as error:
            late = f"the answer took longer than {self._seconds:g} seconds; send a smaller request"
            raise HTTPException(503, late, LATER) from error
