"""A trained run becomes a folder that others can serve."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bam.config.instantiate import component, typed
from bam.errors import require
from bam.evaluation.users import read_users
from bam.experiment.opened.ask import choices_of
from bam.experiment.opened.load import Run, load
from bam.experiment.opened.load_export import MODEL
from bam.results.interval import bootstrap_interval
from bam.run.checkpoint import save
from bam.run.counted import save_counted
from bam.run.environment import command_line, environment
from bam.run.files import USERS
from bam.run.override import Override
from bam.serving.export.card import Facts, write_card
from bam.serving.export.encoder import trace, write_encoder, write_onnx
from bam.serving.export.files import INDEX, MEMORY, VECTORS, WEIGHTS, check_place, write_folder
from bam.serving.export.index import search_by, write_index
from bam.serving.export.manifest import Manifest, write_manifest
from bam.serving.export.measure import measure
from bam.serving.export.tables import write_histories, write_items
from bam.serving.export.vector_table import write_vector_table
from bam.serving.faiss import load_faiss
from bam.system import cpu
from bam.system.threads import use_threads

log = logging.getLogger(__name__)
KEPT = ("threads", "data_dir", "trust")  # options that the run is opened with
EXACT = "exact ranking"


@dataclass(frozen=True)
class Options:
    """The values of conf/export.yaml that are the export's own."""

    run: str
    to: str
    histories: bool
    onnx: bool
    lancedb: bool
    n: int

    def __post_init__(self) -> None:
        require(self.to != "", "to must be the folder that is written", self.to)
        require(self.n >= 1, "n must be at least 1", self.n)
        check_place(Path(self.to))


def export(config: Mapping[str, Any], overrides: Sequence[str]) -> Manifest:
    """Write an export of a run; what is there is replaced in one step.

    Raises:
        Mistake: a wrong option, no finished run, or a folder `to` that is no export.
    """
    options = Options(**typed(Options, {key: config[key] for key in Options.__annotations__}, ""))
    build = component(config["index"], "index", config["trust"])
    given = [text for text in overrides if Override.parse(text).root in KEPT]
    run = load(options.run, "device=cpu", *given)
    require("test" in run.results, "run must be a finished run", options.run)
    made = []

    def fill(folder: Path) -> None:
        _write_parts(folder, run, options)
        use_threads(config["threads"])  # to build the index
        load_faiss().omp_set_num_threads(torch.get_num_threads())
        measured = _write_index(folder, run, build, options.n)
        made.append(_manifest(run, options, config["index"], measured))
        write_manifest(folder, made[0])
        write_card(folder, made[0], _facts(run, config["index"], options.n))

    write_folder(Path(options.to), fill)
    return made[0]


def _write_parts(folder: Path, run: Run, options: Options) -> None:
    """The vectors, the names and the model."""
    model, retriever = run.model.with_fixed_rows(), run.retriever
    if model.without_times and not options.histories:
        log.warning(
            "the model needs times, so bam cannot open this export: give histories=true to export "
            "the users' histories with their times"
        )
    vectors = retriever.table[1:]
    np.save(folder / VECTORS, vectors.numpy())
    save(model, folder / WEIGHTS)
    save_counted(run.memory.memory, folder / MEMORY)
    write_items(folder, retriever.items, options.histories)
    if options.histories:
        write_histories(folder, retriever.users, with_times=bool(model.without_times))
    program = trace(model, retriever.history_length)
    write_encoder(folder, program)
    if options.onnx:
        write_onnx(folder, program)
    if options.lancedb:
        write_vector_table(folder, retriever.items, vectors)


def _write_index(folder: Path, run: Run, build: Any, n: int) -> dict[str, dict[str, float]]:
    """Build the index, write it, and measure it beside exact ranking."""
    exact = run.retriever
    index = build(exact.table[1:].contiguous())
    write_index(folder, index)
    by_index = replace(exact, search=search_by(index, exact.table))
    found = measure({EXACT: exact, INDEX: by_index}, exact.users.each(), n, choices_of(()))
    sizes = {EXACT: exact.table.nbytes, INDEX: (folder / INDEX).stat().st_size}
    return {name: {**figures, "bytes": sizes[name]} for name, figures in found.items()}


def _manifest(
    run: Run, options: Options, index: Mapping[str, Any], measured: dict[str, Any]
) -> Manifest:
    about = environment(torch.device("cpu"))
    return Manifest(
        data=run.retriever.data,
        checksum=run.data.checksum,
        num_items=len(run.retriever.table) - 1,
        dim=run.config["dim"],
        num_interests=run.config["num_interests"],
        history_length=run.config["history_length"],
        model={name: run.config[name] for name in (*MODEL, "memory", "blending")},
        index=dict(index),
        histories=options.histories,
        made={
            **{key: about[key] for key in ("date", "bam", "commit")},
            "command": command_line("export", [f"run={options.run}", f"to={options.to}"]),
            "run": run.folder.name,
        },
        measured=measured,
    )


def _facts(run: Run, index: Mapping[str, Any], n: int) -> Facts:
    values = {name: read_users(run.folder / USERS, name) for name in run.results["test"]}
    return Facts(
        results=run.results,
        protocol=_option(run.config["evaluation"]["protocol"]),
        intervals={
            name: bootstrap_interval(each) for name, each in values.items() if each is not None
        },
        index=_option(index),
        cpu=cpu.model(),
        n=n,
        cold=int((run.retriever.items.count[1:] == 0).sum()),
        sizes=_sizes(run),
        # one that does not say may hold them
        remembers=getattr(run.memory.memory, "holds_histories", True),
    )


def _sizes(run: Run) -> dict[str, int]:
    users, interactions = len(run.data.offsets) - 1, len(run.data.items)
    return {"users": users, "interactions": interactions, "test_users": len(run.split.test.start)}


def _option(node: Mapping[str, Any]) -> str:
    """The name of an option: that of its file."""
    return str(node["_target_"]).split(".")[-2]
