"""Show what bam runs on, for a bug report: bam info"""

import importlib.metadata
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from bam.config.options import read_values
from bam.errors import DISTRIBUTION, install
from bam.run.flatten import flat
from bam.system.program import one_sentence
from bam.system.stop import end_on_stop

NO_USE = ("dev", "docs")  # extras of those who work on bam itself


def main() -> None:
    parser = ArgumentParser(prog="bam info", description=__doc__)
    parser.add_argument("--data-dir", default=read_values("train")["data_dir"].text, type=Path)
    with end_on_stop(), one_sentence():
        given = parser.parse_args()
        rows = {**_environment(), "data_dir": _about_data(given.data_dir), **dict(_extras())}
        width = max(map(len, rows))
        for name, text in rows.items():
            print(f"{name:{width}}  {text}")


def _environment() -> dict[str, Any]:
    """As in a run's environment.json, and how torch was built."""
    import torch

    from bam.run.environment import environment
    from bam.system.device import find_device

    gpu = f"CUDA {torch.version.cuda}" if torch.version.cuda else "without CUDA"
    return {**flat(environment(find_device("auto"))), "torch build": gpu}


def _about_data(folder: Path) -> str:
    """Where data are, and which are prepared."""
    if not folder.is_dir():
        return f"{folder.absolute()} (not there yet)"
    prepared = sorted(path.parent.name for path in folder.glob("*/manifest.json"))
    return f"{folder.absolute()} ({', '.join(prepared) or 'nothing prepared'})"


def _extras() -> Iterator[tuple[str, str]]:
    """Each extra: what of it is installed, or how to install it."""
    try:
        needed = importlib.metadata.requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        yield "extras", f"not known: {DISTRIBUTION} is on the path, and not installed"
        return
    extras: dict[str, list[str]] = {}
    for text in needed:
        if found := re.match(r"([\w.-]+).*extra == ['\"]([\w-]+)['\"]", text):
            extras.setdefault(found[2], []).append(found[1])
    for extra, names in extras.items():
        if extra not in NO_USE:
            missing = [name for name in names if not _is_installed(name)]
            present = "missing " + ", ".join(missing) + f"; {install(extra)}"
            yield f"extra {extra}", present if missing else "installed"


def _is_installed(name: str) -> bool:
    try:
        return bool(importlib.metadata.version(name))
    except PackageNotFoundError:
        return False
