"""What a run shows on the console: what it trains, and its figures at the end.

Log lines and bars go to stderr. Results go to stdout, whose last line is the folder.
"""

import logging
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from bam.results.render.console import SHARE, Column, draw, figure, share_text
from bam.run.files import CONFIG
from bam.run.identity import STEPS
from bam.run.override import Override, as_mapping, typed
from bam.run.spec import RunSpec
from bam.run.state import Finished, state
from bam.system.duration import duration
from bam.system.torchrun import is_first_process

log = logging.getLogger(__name__)


def write(*shown: RenderableType) -> None:
    """Write tables, sentences and lines to stdout.

    A sentence is a rich Text; a line is a str, which is not broken, so that it can be copied.
    """
    console = Console(highlight=False, markup=False)
    for one in shown:
        console.print(one, soft_wrap=isinstance(one, str))


def show_start(spec: RunSpec) -> None:
    """What is trained: the choices, and every option that was given."""
    chosen = {**spec.choices, "seed": spec.config["seed"], **as_mapping(spec.overrides)}
    log.info("run: %s", " ".join(f"{key}={value}" for key, value in chosen.items()))
    log.info("all options: %s (--cfg job prints them and trains nothing)", spec.folder / CONFIG)


def show_sweep(total: int, folder: str, overrides: Iterable[str]) -> None:
    """What is swept, before the first point."""
    given = " ".join(overrides)
    points = f"{total} point{'' if total == 1 else 's'}"
    log.info("sweep of %s%s", points, f": {given}" if given else "")
    log.info("folder: %s", folder)


def show_end(spec: RunSpec, results: Mapping[str, Any]) -> None:
    """A run's figures, what to try next, and its folder; of a point of a sweep only the figures."""
    if spec.in_sweep:
        metric = spec.config["trainer"]["metric"]
        valid, test = (figure(results[part].get(metric)) for part in ("valid", "test"))
        log.info("%s: valid %s, test %s; %s", metric, valid, test, _effort(results))
        return
    write("", _figures(results), _effort(results), _next(spec, results), str(spec.folder))


def show_update(spec: RunSpec, results: Mapping[str, Any]) -> None:
    """The figures of a run that an update has made, what to try next, and its folder."""
    trust = [text for text in spec.overrides if Override.parse(text).key == "trust"]
    following = command("recommend", f"run={spec.folder}", "users=[USER]", *trust)
    write("", _figures(results), _effort(results), f"next: {following}", str(spec.folder))


def show_finished(spec: RunSpec) -> None:
    """The figures of a run whose folder holds it, finished by an earlier program."""
    found = state(spec.folder)
    if isinstance(found, Finished) and is_first_process():
        show_end(spec, found.results)


def show_test(results: Mapping[str, Any]) -> None:
    """The figures of `bam evaluate`, and those that papers report of the same test."""
    part = "test" if "test" in results else "valid"
    parts = {part: {**results[part], **results["balance"]}}
    papers = {f"published: {name}": one for name, one in results.get("published", {}).items()}
    write(draw(_columns({**parts, **papers}, list(results[part])), Console().width))


def command(name: str, *arguments: str) -> str:
    """How the user of this program starts another of its commands."""
    program = Path(sys.executable).parent / "bam"
    on_path = shutil.which("bam")
    if on_path and Path(on_path).resolve() == program.resolve():
        words = ["bam"]
    elif program.is_file():
        near = program.is_relative_to(Path.cwd())
        words = [str(program.relative_to(Path.cwd()) if near else program)]
    else:
        words = ["python", "-m", "bam"]
    return shlex.join([*words, name, *arguments])


def _figures(results: Mapping[str, Any]) -> RenderableType:
    """A table of the validation and the test users."""
    parts = {"valid": results["valid"], "test": {**results["test"], **results["balance"]}}
    names = [name for name in results["test"] if name in results["valid"]]
    return draw(_columns(parts, names), Console().width)


def _columns(parts: Mapping[str, Mapping[str, Any]], names: list[str]) -> list[Column]:
    """A row a part of the users, and a column a metric; the shares in the end."""
    figures = [Column(name, [figure(one.get(name)) for one in parts.values()]) for name in names]
    shares = Column("share", [share_text(one.get("share", [])) for one in parts.values()], SHARE)
    return [column for column in (Column("", list(parts)), *figures, shares) if any(column.cells)]


def _effort(results: Mapping[str, Any]) -> str:
    steps, best = results["steps"], results["best_step"]
    again = ", trained again on train + validation (refit=true)" if results.get("refit") else ""
    time = duration(results["train_seconds"])
    return f"best step {best:,} of {steps:,}{again}, {time} of training"


def _next(spec: RunSpec, results: Mapping[str, Any]) -> str:
    given, seed = as_mapping(spec.overrides), spec.config["seed"]
    steps = spec.config["trainer"]["max_steps"]
    if 0 < results["best_step"] == steps:
        longer = command("train", *_options({**given, STEPS: str(2 * steps)}))
        return f"next, as the last step is the best: {longer}"
    given.pop("name", None)
    seeds = {**given, "seed": ",".join(str(seed + i) for i in range(3))}
    return f"next, as one seed shows no spread: {command('train', '-m', *_options(seeds))}"


def _options(given: Mapping[str, str]) -> list[str]:
    return [typed(key, value) for key, value in given.items()]
