"""`bam train` as a user starts it: a program of its own."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bam.errors import Mistake

CIRCUMSTANCES = ("data_dir", "device", "threads")  # those of the benchmark hold for its programs


def train(config: Mapping[str, Any], options: Sequence[str]) -> None:
    """Run `bam train` in a new process, with the data folder, device and threads of the config.

    Raises:
        Mistake: it has failed; the sentence has its own.
    """
    shared = [f"{key}={config[key]}" for key in CIRCUMSTANCES]
    done = subprocess.run(
        [sys.executable, "-m", "bam", "train", *options, *shared], capture_output=True, text=True
    )
    if done.returncode:
        raise Mistake(f"bam train {' '.join(options)} has failed: {done.stderr.strip()[-500:]}")
