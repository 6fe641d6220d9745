"""A new run of a finished one and another predictor: a memory, or other finished runs."""

import csv
import io
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bam.config.instantiate import typed
from bam.errors import require
from bam.experiment.follow.blend_options import Options
from bam.experiment.follow.blend_runs import blend_runs
from bam.experiment.follow.blend_search import Blended, Tried, search
from bam.experiment.follow.earlier import Earlier, no_empty_folder, read_earlier
from bam.experiment.one_run.train import as_drawn, join_others, run
from bam.experiment.opened.assemble_run import assemble_run, machine_options
from bam.experiment.parts.assemble import Parts
from bam.model.memory.none import NoMemory
from bam.results.render.text import number
from bam.run.files import TRIED
from bam.run.identity import CHOICES
from bam.run.spec import RunSpec
from bam.system.files import write_text
from bam.system.torchrun import is_first_process

log = logging.getLogger(__name__)
GIVEN = ("run", "forms", "choose_by", "tries", "ensemble")  # of the command, as they are


def blend(
    config: Mapping[str, Any], overrides: Sequence[str], folder: Path
) -> tuple[RunSpec, dict[str, Any]]:
    """The new run in `folder`; one that is finished is opened.

    Raises:
        Mistake: a wrong option, no finished run, or a run whose data are not prepared.
    """
    with no_empty_folder(folder):
        given = {key: config.get(key) for key in GIVEN}
        options = Options(**typed(Options, {**given, "others": config["with"]}, ""))
        processes = join_others(str(config["device"]), config["timeout"])
        earlier = processes.together(lambda: read_earlier(Path(options.run), config, overrides))
        rule = "run must have refit=false: its weights know the targets that would choose"
        require(not earlier.config["refit"], rule, f"{options.run} with refit=true")
        changed = machine_options(overrides)
        metric = options.choose_by or earlier.config["trainer"]["metric"]

        def find() -> Blended:
            if options.runs:
                return blend_runs(earlier, options, config, overrides, changed, metric)
            return _blend_memory(earlier, options, config, overrides, metric)

        found = processes.together(find)
        best = max((one for one in found.tried if one.form), key=lambda one: one.metric)
        _show(best, max(one.metric for one in found.tried if not one.form), metric)
        spec = RunSpec(
            folder=processes.first(lambda: folder),
            config=earlier.continued(0, config, **found.changes(best.form, best.values)),
            overrides=list(overrides),
            choices=found.choices,
            in_sweep=False,
            keeps_finished=True,
            program="blend",
        )

        def begin(parts: Parts) -> None:
            found.begin(parts)
            if is_first_process():
                write_text(spec.folder / TRIED, _table(found.tried, metric))

        return spec, run(spec, processes, begin)


def _blend_memory(
    earlier: Earlier,
    options: Options,
    config: Mapping[str, Any],
    overrides: Sequence[str],
    metric: str,
) -> Blended:
    """All that was tried of a memory beside the run.

    Raises:
        Mistake: the run has a memory, or conf/ has none of this name.
    """
    forms = {name: options.memory_form(name, overrides) for name in options.forms}
    parts = assemble_run(earlier.folder, config, machine_options(overrides))
    memory = parts.memory.memory
    rule = "run must be a run without a memory; with=mixed blends two memories in one"
    found = f"{earlier.folder}, which has {type(memory).__name__}"
    require(isinstance(memory, NoMemory), rule, found)
    return Blended(
        tried=search(parts, forms, metric),
        changes=lambda form, values: forms[form].with_values(values),
        begin=earlier.load_weights if earlier.has_learned else as_drawn,
        choices={group: str(earlier.results.get(group) or "") for group in CHOICES},
    )


def _show(best: Tried, alone: float, metric: str) -> None:
    """What was chosen, and what it gains on validation over the best run without it."""
    values = "".join(f" {path}={value}" for path, value in best.values.items())
    log.info("chosen: blending=%s%s", best.form, values)
    line = "%s of the validation targets: %s, and %s without"
    log.info(line, metric, number(best.metric, 4), number(alone, 4))
    if best.metric <= alone:
        log.warning("on validation it does not help: nothing that was tried is better")


def _table(tried: Sequence[Tried], metric: str) -> str:
    """All that was tried, as CSV."""
    paths = list(dict.fromkeys(path for one in tried for path in one.values))
    text = io.StringIO()
    writer = csv.DictWriter(text, ["blending", *paths, metric], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({"blending": one.form, **one.values, metric: one.metric} for one in tried)
    return text.getvalue()
