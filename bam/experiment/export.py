"""A trained run becomes a folder that others can serve."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from bam.config.instantiate import component
from bam.errors import require
from bam.experiment.load import Run, load
from bam.experiment.load_export import MODEL
from bam.run.environment import command_line, environment
from bam.run.override import Override
from bam.serving.export.card import write_card
from bam.serving.export.files import VECTORS, WEIGHTS, check_place, write_folder
from bam.serving.export.index import write_index
from bam.serving.export.manifest import Manifest, write_manifest
from bam.serving.export.tables import write_histories, write_items

KEPT = ("threads", "data_dir", "trust")  # options that the run is opened with


def export(config: Mapping[str, Any], overrides: Sequence[str]) -> Manifest:
    """Write an export of a run; what is there is replaced in one step.

    Raises:
        Mistake: a wrong option, no finished run, or a folder `to` that is no export.
    """
    require(config["to"] != "", "to must be the folder that is written", config["to"])
    to = Path(config["to"])
    check_place(to)
    index = component(config["index"], "index", config["trust"])
    given = [text for text in overrides if Override.parse(text).root in KEPT]
    run = load(config["run"], "device=cpu", *given)
    require(bool(run.results), "run must be a finished run", config["run"])
    manifests = []

    def fill(folder: Path) -> None:
        manifests.append(_fill(folder, run, index, config))

    write_folder(to, fill)
    return manifests[0]


@torch.no_grad()
def _fill(folder: Path, run: Run, build: Any, config: Mapping[str, Any]) -> Manifest:
    model, retriever = run.model, run.retriever
    vectors = retriever.table[1:].contiguous()
    index = build(vectors)
    np.save(folder / VECTORS, vectors.numpy())
    save_file({n: value.contiguous() for n, value in model.state_dict().items()}, folder / WEIGHTS)
    (folder / WEIGHTS).chmod((folder / VECTORS).stat().st_mode)  # safetensors lets its owner alone
    write_items(folder, retriever.items, config["histories"])
    if config["histories"]:
        write_histories(folder, retriever.users)
    write_index(folder, index)
    manifest = _manifest(run, config, {})
    write_manifest(folder, manifest)
    write_card(folder, manifest)
    return manifest


def _manifest(run: Run, config: Mapping[str, Any], measured: dict[str, Any]) -> Manifest:
    about = environment(torch.device("cpu"))
    return Manifest(
        data=run.retriever.data,
        checksum=run.results.get("data", ""),
        num_items=len(run.retriever.table) - 1,
        dim=run.config["dim"],
        num_interests=run.config["num_interests"],
        history_length=run.config["history_length"],
        model={name: run.config[name] for name in MODEL},
        index=dict(config["index"]),
        histories=config["histories"],
        made={
            **{key: about[key] for key in ("date", "bam", "commit")},
            "command": command_line([]),
            "run": run.folder.name,
        },
        measured=measured,
    )
