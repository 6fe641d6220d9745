"""The parts of a run, built again from its folder: its config, its weights, prepared data."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bam.config.extensions import SEARCH_PATH
from bam.errors import Mistake, require
from bam.experiment.opened.prepared import only_prepared
from bam.experiment.parts.assemble import Parts, assemble
from bam.run import checkpoint
from bam.run.files import CONFIG, MEMORY, RESULTS, WEIGHTS, read
from bam.run.identity import EVALUATION, require_same_data, with_data_dir
from bam.run.override import Override
from bam.run.state import data_of
from bam.run.stored_config import is_unchanged, read_config

log = logging.getLogger(__name__)
MACHINE = {"data_dir", "device", "threads"}


def check_run_folder(folder: Path) -> None:
    if not (folder / CONFIG).is_file():
        raise Mistake(f"run must be the folder of a run, with a {CONFIG}, got {str(folder)!r}")


def machine_options(overrides: Sequence[str]) -> set[str]:
    """Which of the options that say where a run is opened, and change no figure, are given."""
    return {Override.parse(text).root for text in overrides} & MACHINE


def assemble_run(folder: Path, config: Mapping[str, Any], given: set[str]) -> Parts:
    """The run's model with its weights; of the present config it takes what is given, and trust.

    `given` are keys: of a part such as `evaluation`, or of one of its options alone, such as
    `evaluation.memory_mb`, beside which the run's own part stays as it is.

    The run may be a stranger's: of what its config names, only prepared data are opened.

    Raises:
        Mistake: what is given is fixed by the run, its data are not prepared or have changed, or
            a file is damaged.
    """
    check_run_folder(folder)
    saved = read_config(folder / CONFIG)
    given = given - {SEARCH_PATH}  # where options are found is no option of a run
    roots = {key.partition(".")[0] for key in given}
    for key in sorted(roots):
        if key not in EVALUATION:
            raise Mistake(f"run={folder} fixes {key}; only {', '.join(EVALUATION)} may differ")
    checksum = data_of(folder) if _is_unchanged(folder) else ""
    if "data_dir" in given:
        saved = with_data_dir(saved, config["data_dir"])
    if "dataset" not in roots:
        saved = with_prepared_data(saved, checksum, config)
    if "evaluation.cutoffs" in given:
        saved = _with_cutoffs(saved, config["evaluation"]["cutoffs"])
    metric = {"metric"} if "evaluation" in given else set()  # takes its cutoffs from there
    present = {key: _given(key, saved, config, given) for key in {*roots, *metric, "trust"}}
    known = bool(checksum) and not {"memory", "dataset"} & roots
    counted = folder / MEMORY if known and (folder / MEMORY).exists() else None
    parts = assemble({**saved, **present}, trains=False, counted=counted)
    _compare_data(folder, parts.interactions.checksum, named="dataset" in roots)
    checkpoint.load(parts.step, folder / WEIGHTS)
    return parts


def _given(root: str, saved: Mapping[str, Any], config: Mapping[str, Any], given: set[str]) -> Any:
    """The part of the present config; where only options of it are given, the run's own with these.

    Raises:
        Mistake: the run's own part has no such option.
    """
    options = [key for key in sorted(given) if key.startswith(f"{root}.")]
    if root in given or not options:
        return config[root]
    own, present = json.loads(json.dumps(saved[root])), {root: config[root]}
    for key in options:
        *parents, last = key.split(".")[1:]
        node, value = own, present[root]
        for parent in parents:
            node, value = node.get(parent, {}), value.get(parent, {})
        rule = f"{key} must be an option of the run's own {root}, or {root}=OPTION beside it"
        require(isinstance(node, dict) and last in node, rule, value.get(last))
        node.pop(last)
        if last in value:  # else `~` takes it away
            node[last] = value[last]
    return own


def _with_cutoffs(saved: dict[str, Any], cutoffs: Any) -> dict[str, Any]:
    """The run's own metrics with other cutoffs, where they had those of its evaluation."""
    evaluation, metrics = saved.get("evaluation"), saved.get("metric")
    if not (isinstance(evaluation, Mapping) and isinstance(metrics, Mapping)):
        return saved  # refused where they are built
    usual = evaluation.get("cutoffs")
    changed = {
        name: {**node, "cutoffs": cutoffs}
        for name, node in metrics.items()
        if isinstance(node, Mapping) and "cutoffs" in node and node["cutoffs"] == usual
    }
    return {**saved, "metric": {**metrics, **changed}}


def with_prepared_data(
    saved: dict[str, Any], checksum: str, config: Mapping[str, Any]
) -> dict[str, Any]:
    """A run's config whose data set is one that was prepared, in its data_dir or the config's.

    Raises:
        Mistake: there is none.
    """
    places = [str(one["data_dir"]) for one in (config, saved) if one.get("data_dir")]
    return {**saved, "dataset": only_prepared(saved.get("dataset"), checksum, places)}


def _is_unchanged(folder: Path) -> bool:
    """Whether the config is that of the results; else what it names is compared with them later."""
    results = read(folder / RESULTS)
    unchanged = is_unchanged(folder / CONFIG, results)
    if results.get("data") and not unchanged:
        log.warning("%s is not as it was when the run was trained", folder / CONFIG)
    return unchanged


def _compare_data(folder: Path, present: str, named: bool) -> None:
    """Refuse other data than the run's own, unless the user has named them."""
    recorded = data_of(folder)
    if not named:
        remedy = "or name the data set that is meant: dataset=NAME"
        require_same_data(f"run={folder}", recorded, present, remedy)
    elif recorded not in ("", present):
        log.warning("run=%s was trained on %s, and is tested on %s", folder, recorded, present)
