"""Another kind of predictor for a finished run: a new run has its weights, and a memory beside."""

import csv
import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.config.compose import compose_with_hydra
from bam.config.instantiate import typed
from bam.config.resolve import resolve
from bam.errors import Mistake, require
from bam.experiment.assemble import Parts
from bam.experiment.blend_search import Form, Tried, search
from bam.experiment.earlier import no_empty_folder, read_earlier
from bam.experiment.load import assemble_run
from bam.experiment.train import join_others, run
from bam.results.render.text import number
from bam.run.files import TRIED
from bam.run.identity import CHOICES
from bam.run.override import Override
from bam.run.spec import RunSpec
from bam.system.files import write_text
from bam.system.torchrun import is_first_process

log = logging.getLogger(__name__)
PRESENT = ("name", "timeout", "data_dir", "any_code", "trust")  # of the command, not of the run
MACHINE = {"data_dir", "device", "threads"}  # in which a run may differ here


@dataclass(frozen=True)
class Options:
    """The options of `bam blend`; conf/blend.yaml explains them."""

    run: str
    memory: str
    forms: list[str]
    choose_by: str
    tries: dict[str, dict[str, list[Any]]]

    def __post_init__(self) -> None:
        require(self.run != "", "run must be the folder of a finished run", self.run)
        require(self.memory != "none", "with must be a memory that knows something", self.memory)
        require(self.forms != [], "forms must have an option of blending", self.forms)
        for name, options in self.tries.items():
            for option, values in options.items():
                require(values != [], f"tries.{name}.{option} must have a value", values)

    def form(self, name: str) -> Form:
        """What conf/ has of the memory and of this blending, and the values that are tried.

        Raises:
            Mistake: conf/ does not have one of them.
        """
        groups = {"memory": self.memory, "blending": name}
        chosen = [f"{group}={option}" for group, option in groups.items()]
        try:
            config = resolve(compose_with_hydra(chosen, "evaluate"))
        except Mistake as mistake:
            text = str(mistake).replace(chosen[0], f"with={self.memory}")
            raise Mistake(text.replace(chosen[1], f"forms=[{name}]")) from mistake
        tries = {
            f"{group}.{option}": values
            for group in reversed(groups)
            for option, values in self.tries.get(groups[group], {}).items()
        }
        return Form({group: config[group] for group in groups}, tries)


def blend(
    config: Mapping[str, Any], overrides: Sequence[str], folder: Path
) -> tuple[RunSpec, dict[str, Any]]:
    """The new run in `folder`; one that is finished is opened.

    Raises:
        Mistake: a wrong option, no finished run, or a run whose data are not prepared.
    """
    with no_empty_folder(folder):
        given = {key: config[key] for key in ("run", "forms", "choose_by", "tries")}
        options = Options(**typed(Options, {**given, "memory": config["with"]}, ""))
        processes = join_others(str(config["device"]), config["timeout"])
        earlier = processes.together(lambda: read_earlier(Path(options.run), config, overrides))
        rule = "run must have refit=false: its weights know the targets that would choose"
        require(not earlier.config["refit"], rule, f"{options.run} with refit=true")
        forms = {name: options.form(name) for name in options.forms}
        changed = {Override.parse(text).root for text in overrides} & MACHINE
        metric = options.choose_by or earlier.config["trainer"]["metric"]
        tried = processes.together(
            lambda: search(assemble_run(earlier.folder, config, changed), forms, metric)
        )
        best = max(tried[1:], key=lambda one: one.metric)
        _show(best, tried[0], metric)
        present = {key: config[key] for key in PRESENT}
        spec = RunSpec(
            folder=processes.first(lambda: folder),
            config=earlier.continued(0, present, **forms[best.form].with_values(best.values)),
            overrides=list(overrides),
            choices={group: str(earlier.results.get(group) or "") for group in CHOICES},
            in_sweep=False,
            keeps_finished=True,
        )

        def begin(parts: Parts) -> None:
            if earlier.has_learned:
                earlier.load_weights(parts)
            if is_first_process():
                write_text(spec.folder / TRIED, _table(tried, metric))

        return spec, run(spec, processes, begin)


def _show(best: Tried, alone: Tried, metric: str) -> None:
    """What was chosen, and what it gains on validation."""
    values = "".join(f" {path}={value}" for path, value in best.values.items())
    log.info("chosen: blending=%s%s", best.form, values)
    line = "%s of the validation targets: %s, and %s without"
    log.info(line, metric, number(best.metric, 4), number(alone.metric, 4))
    if best.metric <= alone.metric:
        log.warning("on validation the memory does not help: nothing that was tried is better")


def _table(tried: Sequence[Tried], metric: str) -> str:
    """All that was tried, as CSV."""
    paths = list(dict.fromkeys(path for one in tried for path in one.values))
    text = io.StringIO()
    writer = csv.DictWriter(text, ["blending", *paths, metric], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({"blending": one.form, **one.values, metric: one.metric} for one in tried)
    return text.getvalue()
