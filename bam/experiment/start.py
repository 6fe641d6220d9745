"""Start a program from its config: Hydra composes it, and a mistake becomes one sentence.

Names are checked with Hydra alone, and values with torch: both before anything is shown or made.
"""

import io
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from bam.config import naming  # noqa: F401  # its resolvers: a launcher's worker needs them too
from bam.config.checked import compose_checked
from bam.config.command_line import (
    MULTIRUN,
    check_flags,
    has_flags,
    is_help,
    is_sweep,
    read_command_line,
    read_options,
    runs_nothing,
)
from bam.config.composed import run_composed, sweep_composed
from bam.config.conf import CONF, check_conf
from bam.config.extensions import conf_folders
from bam.config.hydra_errors import CONFIG_ERRORS, without_advice
from bam.config.hydra_options import check_hydra
from bam.config.hydra_version import MAIN
from bam.config.own_data import add_own_data_sets
from bam.config.typed import for_hydra
from bam.errors import Mistake
from bam.experiment.help import show_help
from bam.experiment.parts.values import check_values
from bam.system.failure import LostProcess, explain
from bam.system.log_lines import log_lines
from bam.system.program import end, print_every_letter
from bam.system.stop import Stopped, raise_on_stop
from bam.system.torchrun import (
    end_with_launcher,
    has_launcher,
    is_first_on_host,
    is_first_process,
)

log = logging.getLogger(__name__)
PATIENCE = 30  # seconds: longer than one process needs to reach what another has reached


@dataclass
class Job:
    """The task: run once, or for each point of a sweep, perhaps in a worker process."""

    task: Callable[[DictConfig], Any]
    started_by: int  # process id

    def __call__(self, cfg: DictConfig) -> Any:
        from bam.system.memory import reuse_freed_memory
        from bam.system.torch_compiler import leave_out_compiler  # both import torch

        leave_out_compiler()
        reuse_freed_memory()
        if os.getpid() == self.started_by:
            return self._run(cfg)
        os.environ["TQDM_DISABLE"] = "1"  # bars of several processes would overwrite each other
        with raise_on_stop():
            return self._run(cfg)

    def _run(self, cfg: DictConfig) -> Any:
        hydra = HydraConfig.get()
        if hydra.mode == RunMode.MULTIRUN:
            with log_lines(f"#{hydra.job.num + 1} "):
                return self.task(cfg)
        try:
            if hydra.sweeper.get("params"):
                raise Mistake("this experiment is a sweep; write -m before the options")
            return self.task(cfg)
        except Exception as error:
            _end(error)


def start(task: Callable[[DictConfig], Any], config_name: str, trains: bool = True) -> None:
    """Compose the config and run the task on it, or on every point of a sweep.

    The task imports torch itself, so that a mistyped name is answered at once. A user's mistake
    ends the program with one sentence and exit code 1, Ctrl-C with one and 130, SIGTERM with one
    and 143.
    """
    if has_launcher():
        end_with_launcher()
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # Hydra raises errors and prints none
    if not is_first_process():
        _add_overrides(["hydra.run.dir=."])  # the first process makes the folder
        sys.stdout = io.StringIO()  # and prints
    main = hydra.main(**MAIN, config_path=str(CONF), config_name=config_name)
    job = update_wrapper(Job(task, os.getpid()), task)
    with log_lines(), raise_on_stop():
        try:
            print_every_letter()
            config = _check(config_name, trains)
            if is_help(sys.argv[1:]):
                show_help(config_name, sys.modules[task.__module__].__doc__ or "", sys.argv[1:])
            elif runs_nothing(sys.argv[1:]):
                with _printed_at_once():
                    main(job)()
            elif has_flags(sys.argv[1:], besides=MULTIRUN):
                main(job)()
            elif _sweeps(config):
                sweep_composed(job, config_name, read_options(sys.argv[1:]))
            else:
                main(partial(run_composed, job))(config)
            sys.stdout.flush()
        except Stopped as stopped:
            log.info("%s", stopped)
            sys.exit(stopped.exit_code)
        except Exception as error:
            _end(error)


@contextmanager
def _printed_at_once() -> Iterator[None]:
    """Print what Hydra shows once, at its end: a reader that ends early is no error of its log."""
    root = logging.getLogger()
    text, before, root.handlers = io.StringIO(), root.handlers, []
    try:
        with redirect_stdout(text):
            yield
    finally:
        root.handlers = before
        sys.stdout.write(text.getvalue())


def _check(config_name: str, trains: bool) -> DictConfig:
    """The config, or the first of a sweep: what is typed is checked before anything is made.

    Raises:
        Mistake: a word that is no option, flags that do not go together, a name that conf/ does not
            have, or a wrong value.
    """
    sys.argv[1:] = for_hydra(sys.argv[1:])
    for folder in conf_folders(sys.argv[1:]):
        check_conf(folder)
    options = read_options(sys.argv[1:])
    check_flags(config_name, sys.argv[1:])
    add_own_data_sets(read_command_line(sys.argv[1:]))
    configs = compose_checked(config_name, options, is_sweep(sys.argv[1:]))
    if not runs_nothing(sys.argv[1:]):
        if is_first_process():  # the others have a folder of their own
            check_hydra(configs[0], options, _sweeps(configs[0]))
        check_values(configs, trains)
    return configs[0]


def _sweeps(config: DictConfig) -> bool:
    """Whether the command line or the config asks for a sweep."""
    return is_sweep(sys.argv[1:]) or bool(config.hydra.mode == RunMode.MULTIRUN)


def _add_overrides(added: list[str]) -> None:
    """Put overrides right after those of the command, which may be followed by flags.

    They replace what is typed of the same options.
    """
    keys = {text.partition("=")[0] for text in added}
    sys.argv[1:] = [text for text in sys.argv[1:] if text.partition("=")[0] not in keys]
    given = [i for i, text in enumerate(sys.argv[1:], 1) if text[:1] != "-" and "=" in text]
    place = given[-1] + 1 if given else len(sys.argv)
    sys.argv[place:place] = added


def _end(error: Exception) -> NoReturn:
    """End with one sentence of the first process, if the user can mend the error.

    torchrun ends all processes of a host with the first that ends. So the others wait for the first
    one to speak and to end; where it does not, the error is theirs alone, and they have a sentence.
    Where a process is lost, perhaps the first one, each host has a sentence at once.
    """
    if isinstance(error, CONFIG_ERRORS):
        error = without_advice(error)
    mistake = explain(error)
    speaks = is_first_on_host() if isinstance(mistake, LostProcess) else is_first_process()
    if mistake and not speaks:
        try:
            time.sleep(PATIENCE if is_first_on_host() else 2 * PATIENCE)
        except Stopped:
            sys.exit(1)
    end(error)
