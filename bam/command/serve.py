"""Serve recommendations over HTTP, with a page to try them: bam serve DIR [port=8000]

DIR is the folder of an export or of a run. When it is replaced, the new one answers.
"""

import sys

from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    if len(sys.argv) > 1 and "=" not in sys.argv[1] and not sys.argv[1].startswith("-"):
        sys.argv[1] = f"run={sys.argv[1]}"
    start(_task, "serve", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.experiment.serve import open_server

    server = open_server(cfg)
    print(f"{server.address} (Ctrl-C ends it)", flush=True)
    server.run()
