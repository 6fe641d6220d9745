"""Start a program from its config: Hydra composes it, and a mistake becomes one sentence."""

import io
import logging
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, NoReturn

import hydra
import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from bam.errors import Mistake
from bam.experiment import naming  # noqa: F401  # its resolvers: a launcher's worker needs them too
from bam.experiment.command_line import read_command_line
from bam.experiment.conf import CONF, check_conf
from bam.experiment.console import log_lines
from bam.experiment.extensions import conf_folders
from bam.experiment.own_data import add_own_data_sets
from bam.experiment.paths import quote_paths
from bam.system.failure import explain
from bam.system.memory import reuse_freed_memory
from bam.system.processes import end_with_launcher, is_first_process, leave, started_by_torchrun
from bam.system.program import end, print_every_letter
from bam.system.stop import Stopped, raise_on_stop

log = logging.getLogger(__name__)

CONFIG_ERRORS = (HydraException, OmegaConfBaseException, yaml.YAMLError)


@dataclass
class Job:
    """The task: run once, or for each point of a sweep, perhaps in a worker process."""

    task: Callable[[DictConfig], Any]
    started_by: int  # process id

    def __call__(self, cfg: DictConfig) -> Any:
        if os.getpid() == self.started_by:
            return self._run(cfg)
        os.environ["TQDM_DISABLE"] = "1"  # bars of several processes would overwrite each other
        reuse_freed_memory()
        with raise_on_stop():
            return self._run(cfg)

    def _run(self, cfg: DictConfig) -> Any:
        hydra = HydraConfig.get()
        if hydra.mode == RunMode.MULTIRUN:
            with log_lines(f"#{hydra.job.num} "):
                return self.task(cfg)
        try:
            if hydra.sweeper.get("params"):
                raise Mistake("this experiment is a sweep; write -m before the options")
            return self.task(cfg)
        except Exception as error:
            _end(error)


def start(task: Callable[[DictConfig], Any], config_name: str) -> None:
    """Compose the config and run the task on it, or on every point of a sweep.

    A user's mistake ends the program with one sentence and exit code 1, Ctrl-C with one and 130,
    SIGTERM with one and 143.
    """
    if started_by_torchrun():
        end_with_launcher()
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # Hydra raises errors and prints none
    if not is_first_process():
        _add_overrides(["hydra.run.dir=."])  # the first process makes the folder
        sys.stdout = io.StringIO()  # and prints
    reuse_freed_memory()
    main = hydra.main(version_base="1.3", config_path=str(CONF), config_name=config_name)
    with log_lines(), raise_on_stop():
        try:
            print_every_letter()
            sys.argv[1:] = quote_paths(sys.argv[1:])
            for folder in conf_folders(sys.argv[1:]):
                check_conf(folder)
            add_own_data_sets(read_command_line(sys.argv[1:]))
            main(update_wrapper(Job(task, os.getpid()), task))()
            sys.stdout.flush()
        except Stopped as stopped:
            log.info("%s", stopped)
            sys.exit(stopped.exit_code)
        except Exception as error:
            _end(error)
        finally:
            leave()


def _add_overrides(added: list[str]) -> None:
    """Put overrides right after those of the command, which may be followed by flags."""
    given = [i for i, text in enumerate(sys.argv[1:], 1) if text[:1] != "-" and "=" in text]
    place = given[-1] + 1 if given else len(sys.argv)
    sys.argv[place:place] = added


def _end(error: Exception) -> NoReturn:
    """End with one sentence of the first process, if the user can mend the error."""
    if isinstance(error, CONFIG_ERRORS):
        error = without_advice(error)
    if explain(error) and not is_first_process():
        sys.exit(1)
    end(error)


def without_advice(error: Exception) -> Mistake:
    """The first thing that Hydra writes, without its search path; or ours, of a part it builds."""
    if isinstance(error.__cause__, Mistake):
        return error.__cause__
    words = " ".join(str(error).split())
    words = re.sub(r" (Config search path|full_key):.*", "", words)
    return Mistake(re.sub(r" To append to your config use .*", " There is no such option.", words))
