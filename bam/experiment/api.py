"""What a user's own Python calls; bam/__init__.py has the names."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from bam.config.compose import compose_with_hydra
from bam.config.extensions import SEARCH_PATH
from bam.config.resolve import overrides_of, resolve
from bam.experiment.answers.evaluate import evaluate_config
from bam.experiment.follow.blend import blend as blend_run
from bam.experiment.follow.update import update as update_run
from bam.experiment.guest import as_guest, mistakes
from bam.experiment.one_run.train import join_others, run
from bam.experiment.opened.load import Run, load
from bam.experiment.parts.values import check_values
from bam.results.collect import runs_frame
from bam.results.configuration import configurations
from bam.results.runs import runs
from bam.run.identity import CHOICES
from bam.run.override import Override
from bam.run.spec import RunSpec
from bam.system.device import find_device

# the options of a training that are kept for what is done with it
KEPT = ("data_dir", "device", "trust", SEARCH_PATH)


def compose(*overrides: str) -> dict[str, Any]:
    """The resolved config that `train` would use with these options: plain values, as config.yaml.

    Raises:
        Mistake: a wrong option.
    """
    with mistakes():
        return resolve(compose_with_hydra(overrides))


def train(*overrides: str) -> Run:
    """Train and test one run with these options, as `bam train` does, and open its folder.

    The same options give the same folder: what is finished is opened at once, and what was
    interrupted continues. Ctrl-C raises KeyboardInterrupt when the state is saved. The working
    folder, logging, signals and torch's random state and threads are afterwards as before.

    Raises:
        Mistake: what the command would show as one sentence.
    """
    with mistakes():
        cfg = compose_with_hydra(overrides)
        hydra, config = cfg.hydra, resolve(cfg)
        spec = RunSpec(
            folder=Path(hydra.run.dir).absolute(),
            config=config,
            overrides=overrides_of(hydra),
            choices={group: hydra.runtime.choices[group] for group in CHOICES},
            in_sweep=False,
            keeps_finished=True,
        )
        device = find_device(str(config["device"]))
    with as_guest(device):
        check_values([cfg], trains=True)
        run(spec, join_others(str(config["device"]), config["timeout"]))
    return load(spec.folder, *_kept(overrides))


def evaluate(run: Run | str | Path, *overrides: str) -> dict[str, Any]:
    """Test a run again, as `bam evaluate run=FOLDER` does: `test`, `balance` and the speed.

    Raises:
        Mistake: what the command would show as one sentence.
    """
    found = run if isinstance(run, Run) else load(run)
    given = [*found.overrides, *overrides]
    with mistakes():
        cfg = compose_with_hydra([f"run={found.folder}", *given], "evaluate")
        config = resolve(cfg)
        device = find_device(str(config["device"]))
    with as_guest(device):
        check_values([cfg], trains=False)
        return evaluate_config(config, given)


def update(run: Run | str | Path, *overrides: str) -> Run:
    """Add new interactions to a run's data, and train on, as `bam update run=FOLDER` does.

    The run stays as it is; another one is made and opened: `bam.update(run, "raw=NEW.csv",
    "steps=1000")`.

    Raises:
        Mistake: what the command would show as one sentence.
    """
    return _follow(run, "update", update_run, overrides)


def blend(run: Run | str | Path, *overrides: str) -> Run:
    """Blend a run with another predictor, as `bam blend run=FOLDER` does.

    The run stays as it is; another one is made and opened: `bam.blend(run, "with=transitions")`,
    or of several runs `bam.blend(run, "with=outputs/RUN2")`.

    Raises:
        Mistake: what the command would show as one sentence.
    """
    return _follow(run, "blend", blend_run, overrides)


def _follow(
    run: Run | str | Path, command: str, make: Callable[..., Any], overrides: Sequence[str]
) -> Run:
    """Make a run of an earlier one by a command, and open it."""
    found = run if isinstance(run, Run) else load(run)
    given = [*_kept(found.overrides), *overrides]
    with mistakes():
        cfg = compose_with_hydra([f"run={found.folder}", *given], command)
        config, hydra = resolve(cfg), cfg.hydra
        device = find_device(str(config["device"]))
    with as_guest(device):
        check_values([cfg], trains=False)
        folder = Path(hydra.run.dir).absolute()
        spec, _ = make(config, overrides_of(hydra), folder)
    return load(spec.folder, *_kept(given))


def _kept(overrides: Sequence[str]) -> list[str]:
    return [text for text in overrides if Override.parse(text).key in KEPT]


def read_results(folder: str | Path) -> pl.DataFrame:
    """Every run at or below a folder, finished or not: one row a run, as `bam collect` writes.

    Raises:
        Mistake: there is no run, or one is damaged.
    """
    with mistakes():
        return runs_frame(configurations(runs(Path(folder))))
