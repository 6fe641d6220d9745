"""FAISS (Johnson, Douze and Jegou, 2019), which comes with an extra: imported at its first use."""

import logging
from functools import cache
from typing import Any

from bam.errors import extra

LOADER = logging.getLogger("faiss.loader")


@cache  # the server calls it at each search, and a logger's level empties the caches of all
def load_faiss() -> Any:
    """The library, without its lines about the processors that it tries.

    Raises:
        Mistake: it is not installed.
    """
    level = LOADER.level
    LOADER.setLevel(logging.WARNING)
    try:
        with extra("serving"):
            import faiss
    finally:
        LOADER.setLevel(level)
    return faiss
