"""Serve recommendations over HTTP, with a page to try them: bam serve DIR [port=8000]

DIR is the folder of an export or of a run. When it is replaced, the new one answers.
"""

import sys
from pathlib import Path

from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    first = "".join(sys.argv[1:2])
    if Path(first).is_dir() or not ("=" in first or first.startswith("-")):
        sys.argv[1:2] = [f"run={first}"]
    start(_task, "serve", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.experiment.answers.serve import open_server

    server = open_server(cfg)
    print(f"{server.address} (Ctrl-C ends it)", flush=True)
    server.run()
