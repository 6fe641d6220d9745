"""Large libraries are imported without a search for garbage."""

import gc
import sys
from importlib import import_module


def import_at_once(name: str) -> None:
    """Import a module of thousands of lines, in which Python searches for no garbage, now or later.

    An import makes objects that stay. Python would search those of torch again and again: for a
    sixth of the time that the import takes, and once more when the program ends. A module that is
    imported already is left as it is.
    """
    if name in sys.modules:
        return
    searches = gc.isenabled()
    gc.disable()
    try:
        import_module(name)
    finally:
        gc.freeze()
        if searches:
            gc.enable()
