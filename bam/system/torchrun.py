"""Whether torchrun started this process, as its environment shows: torch itself is not imported."""

import os
import threading
import time


def started_by_torchrun() -> bool:
    """Whether this is one of several processes."""
    return number_of_processes() > 1


def number_of_processes() -> int:
    """How many processes torchrun has started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def has_launcher() -> bool:
    """Whether torchrun started this process, be it alone: after a restart others may be lost."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def may_restart() -> bool:
    """Whether torchrun starts the processes again when some are lost (--max-restarts)."""
    return int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", "0")) > 0


def is_first_on_host() -> bool:
    """True in one process of each host; also without torchrun."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def is_first_process() -> bool:
    """True in the first process, which alone writes and prints; also without torchrun."""
    return os.environ.get("RANK", "0") == "0"


def end_with_launcher() -> None:
    """End this process of torchrun when torchrun itself has ended, even by SIGKILL."""
    launcher = os.getppid()

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
