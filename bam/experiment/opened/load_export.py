"""An export, opened: it answers as a run does, without the data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import torch

from bam.config.compose import compose_with_hydra
from bam.config.instantiate import component
from bam.config.resolve import resolve
from bam.errors import Mistake
from bam.experiment.guest import as_guest, mistakes
from bam.experiment.opened import ask
from bam.experiment.parts.memory import build_blending, read_memory
from bam.model.blend import Blend
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.run.checkpoint import compare
from bam.run.tensors import read_tensors
from bam.serving.export.files import CARD, MEMORY, REMEDY, WEIGHTS, check_file
from bam.serving.export.index import open_search
from bam.serving.export.manifest import Manifest, read_manifest
from bam.serving.export.tables import read_histories, read_items
from bam.serving.retriever import Retriever, UserInterests
from bam.system.huge_pages import zeros

MODEL = ("backbone", "similarity", "aggregation")  # of a run's config: what makes interests


@dataclass(frozen=True)
class Export:
    """A folder that `bam export` has written, opened; threads may share it.

    The folder may come from a stranger: nothing in it is executed, and its config names parts of
    bam and of the packages that `trust=[PACKAGE]` or BAM_TRUST trust, and no others. An index that
    is not flat is read by FAISS, which does not defend itself against a forged file.
    """

    folder: Path
    manifest: Manifest
    card: str  # Markdown
    retriever: Retriever

    def interests(self, history: ask.Ids, *options: str) -> UserInterests:
        """As `Run.interests`."""
        with mistakes():
            return ask.interests(self.retriever, history, options)

    def interests_many(
        self, histories: Mapping[Any, ask.Ids], *options: str
    ) -> dict[str, UserInterests]:
        """As `Run.interests_many`."""
        with mistakes():
            return ask.interests_many(self.retriever, histories, options)

    def recommend(self, history: ask.Ids, n: int = 20, *options: str) -> pl.DataFrame:
        """As `Run.recommend`."""
        with mistakes():
            return ask.recommend(self.retriever, {"": history}, n, options).drop("user", "place")

    def recommend_many(
        self, histories: Mapping[Any, ask.Ids], n: int = 20, *options: str
    ) -> pl.DataFrame:
        """As `Run.recommend_many`."""
        with mistakes():
            return ask.recommend(self.retriever, histories, n, options)


def load_export(folder: str | Path, *overrides: str) -> Export:
    """Open an export. If the folder is replaced meanwhile, it is opened again.

    `overrides` may have `trust=[PACKAGE]`: a package whose parts the model may have.

    Raises:
        Mistake: it is no export, one of its files is damaged, or it lacks times that the model
            needs.
    """
    place = Path(folder).absolute()
    while True:
        before = version(place)
        try:
            with as_guest():
                found = _load(place, overrides)
        except (Mistake, OSError):
            if version(place) == before:
                raise
            continue
        if version(place) == before:
            return found


def version(folder: Path) -> tuple[int, ...]:
    """What differs when an export is replaced; empty while there is no folder."""
    try:
        found = folder.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _load(folder: Path, overrides: Sequence[str]) -> Export:
    manifest = read_manifest(folder)
    trust = resolve(compose_with_hydra(overrides, "recommend"))["trust"]
    model = _model(folder, manifest, trust)
    if model.without_times and not manifest.histories:
        raise Mistake(
            f"{folder} has no times, which its model needs; export the run again with "
            "histories=true"
        )
    check_file(folder / CARD)
    with torch.no_grad():
        table = model.table().detach()
    retriever = Retriever(
        data=manifest.data,
        encoder=model,
        pool=model.aggregation.pool,
        memory=_memory(folder, manifest, trust),
        table=table,
        search=open_search(folder, table),
        items=read_items(folder, manifest.num_items),
        users=read_histories(folder, manifest.num_items),
        history_length=manifest.history_length,
        without_times=model.without_times,
    )
    return Export(folder, manifest, (folder / CARD).read_text("utf-8"), retriever)


def _memory(folder: Path, manifest: Manifest, trust: Sequence[str]) -> Blend:
    node, num_items = manifest.model.get("memory"), manifest.num_items
    memory = read_memory(node, num_items, trust, folder / MEMORY, check_file)
    return Blend(memory, build_blending(manifest.model.get("blending"), num_items, trust))


def _model(folder: Path, manifest: Manifest, trust: Sequence[str]) -> Recommender:
    """The model with its weights, built of parts of bam and of trusted packages."""
    parts = {name: component(manifest.model.get(name), name, trust) for name in MODEL}
    rows = Rows(zeros(manifest.num_items + 1, manifest.dim), sparse=False)
    model = Recommender(rows, **parts)
    path = folder / WEIGHTS
    check_file(path)
    state = read_tensors(path, REMEDY)
    compare(model.state_dict(), state, path)
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)
