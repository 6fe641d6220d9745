"""Start a program from its config: Hydra composes, mistakes become one sentence."""

import io
import logging
import os
import re
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from tqdm import tqdm

from bam.experiment.folder import run_folder
from bam.experiment.memory import reuse_freed_memory
from bam.mistake import Mistake
from bam.parallel import is_lead

PACKAGE = Path(__file__).parents[1]


WRONG = (Mistake, HydraException, OmegaConfBaseException)  # what a user can mend


def start(task: Callable[[DictConfig], Any], config_name: str) -> None:
    """Compose the config and run the task on it, or on every point of a sweep.

    A user's mistake ends the program with one sentence and exit code 1.
    """
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors come to us instead of being printed
    OmegaConf.register_new_resolver("run_folder", run_folder, replace=True)
    _log_to_console(logging.INFO if is_lead() else logging.WARNING)
    if not is_lead():
        sys.argv.append("hydra.run.dir=.")  # the first process decides the folder
        sys.stdout = io.StringIO()  # and speaks
    reuse_freed_memory()
    conf = PACKAGE / "conf" if (PACKAGE / "conf").is_dir() else PACKAGE.parent / "conf"
    sys.argv += _own_data_sets(conf, sys.argv[1:])
    main = hydra.main(version_base="1.3", config_path=str(conf), config_name=config_name)

    @wraps(task)
    def job(cfg: DictConfig) -> Any:
        try:
            return task(cfg)
        except WRONG as error:
            if HydraConfig.get().mode == RunMode.MULTIRUN:
                raise  # Hydra goes on with the other points
            _refuse(error)

    try:
        main(job)()
    except WRONG as error:
        _refuse(error)


def _own_data_sets(conf: Path, arguments: list[str]) -> list[str]:
    """Where data sets that were prepared under a name of their own left their configs."""
    given = [a.partition("=")[2] for a in arguments if a.startswith("data_dir=")]
    folder = Path(given[-1] if given else OmegaConf.load(conf / "train.yaml").data_dir) / "conf"
    return [f"hydra.searchpath=[file://{folder.resolve()}]"] if folder.is_dir() else []


def _refuse(error: Exception) -> NoReturn:
    """End with the error's own words on one line, without Hydra's search path or its advice."""
    words = " ".join(str(error).split())
    words = re.sub(r" (Config search path|full_key):.*", "", words)
    words = re.sub(r" To append to your config use .*", " There is no such option.", words)
    sys.exit(f"error: {words}")


class _Console(logging.Handler):
    """Writes above the progress bars."""

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write(self.format(record), file=sys.stderr)


def _log_to_console(level: int) -> None:
    console = _Console()
    console.setFormatter(logging.Formatter("%(message)s"))
    logging.basicConfig(level=level, handlers=[console], force=True)
