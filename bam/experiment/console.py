"""What a run shows on the console: log lines above the progress bars, and a config as a tree."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.tree import Tree
from tqdm import tqdm

from bam.system.torchrun import is_first_process


class Lines(logging.Handler):
    """Writes each line above the progress bars, after a prefix; tracebacks go to files only."""

    def __init__(self, prefix: str):
        super().__init__()
        self.prefix = prefix

    def emit(self, record: logging.LogRecord) -> None:
        for line in record.getMessage().splitlines():
            tqdm.write(self.prefix + line.strip(), file=sys.stderr)


@contextmanager
def log_lines(prefix: str = "") -> Iterator[None]:
    """Send log lines to the console only, each after this prefix."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    root.handlers = [Lines(prefix)]
    root.setLevel(logging.INFO if is_first_process() else logging.WARNING)
    try:
        yield
    finally:
        root.handlers = before
        root.setLevel(level)


def show(cfg: DictConfig) -> None:
    """Print the config as a tree."""
    plain: Any = OmegaConf.to_container(cfg)
    plain.pop("hydra", None)
    tree = Tree("config", guide_style="dim")
    _grow(tree, plain)
    Console(stderr=True, soft_wrap=True).print(tree)


def _grow(tree: Tree, node: dict[str, Any]) -> None:
    for key, value in node.items():
        if isinstance(value, dict) and value:
            _grow(tree.add(key), value)
        else:
            tree.add(f"{key}: {value!r}".replace("[", r"\["))
