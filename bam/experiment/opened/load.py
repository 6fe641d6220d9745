"""A run's folder, opened: what it is, what came out, and its model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

import polars as pl

from bam.config.compose import compose_with_hydra
from bam.config.resolve import resolve
from bam.experiment.guest import as_guest, mistakes
from bam.experiment.opened import ask
from bam.experiment.opened.assemble_run import assemble_run, check_run_folder
from bam.experiment.opened.retriever import build_retriever
from bam.experiment.parts.assemble import Parts
from bam.model.recommender import Recommender
from bam.records import Interactions, Split
from bam.run.files import CONFIG, ENVIRONMENT, RESULTS, read, read_metrics
from bam.run.override import Override
from bam.run.state import state
from bam.run.stored_config import read_config
from bam.serving.retriever import Retriever, UserInterests


@dataclass(frozen=True)
class Run:
    """A run's folder. Files are read at first use, and the model is built at its first use.

    The folder may come from a stranger: nothing that its config names is executed, downloaded or
    prepared, but parts of bam and of the packages that `overrides` or BAM_TRUST trust.
    """

    folder: Path
    overrides: tuple[str, ...]  # what differs from the run's config
    _building: RLock = field(default_factory=RLock, repr=False, compare=False)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The resolved config of the run."""
        return read_config(self.folder / CONFIG)

    @cached_property
    def results(self) -> dict[str, Any]:
        """As in results.json; empty for a run that has not ended.

        Raises:
            Mistake: they are damaged.
        """
        state(self.folder)  # it checks them
        found: dict[str, Any] = read(self.folder / RESULTS)
        return found

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Commit, versions and hardware of its training."""
        found: dict[str, Any] = read(self.folder / ENVIRONMENT)
        return found

    @property
    def history(self) -> pl.DataFrame:
        """One row a validation, as far as the run has come: step, loss, metrics, balance."""
        return pl.DataFrame(read_metrics(self.folder), infer_schema_length=None, strict=False)

    @property
    def model(self) -> Recommender:
        """The model with the run's best weights, for evaluation.

        Raises:
            Mistake: its data are not prepared here, or its weights are damaged.
        """
        with self._building:
            return self._parts.step.model

    @property
    def data(self) -> Interactions:
        """The data set of the run.

        Raises:
            Mistake: it is not prepared here.
        """
        with self._building:
            return self._parts.interactions

    @property
    def split(self) -> Split:
        """Which of the data train, validate and test."""
        with self._building:
            return self._parts.split

    @property
    def memory(self) -> Any:
        """What a history adds to the scores of items: a memory and its blending."""
        with self._building:
            return self._parts.memory

    def interests(self, history: ask.Ids, *options: str) -> UserInterests:
        """The K interests of a history of original item ids, oldest first.

        Only the last `history_length` items count, as in training. `options` may choose the
        weights: `"weighting=gate"`. Interest k of a list is row k - 1 here.

        Raises:
            Mistake: the history is empty, or has an item that the data set does not have.
        """
        with mistakes():
            return ask.interests(self.retriever, history, options)

    def interests_many(
        self, histories: Mapping[Any, ask.Ids], *options: str
    ) -> dict[str, UserInterests]:
        """As `interests`, of many histories by the ids of users."""
        with mistakes():
            return ask.interests_many(self.retriever, histories, options)

    def recommend(self, history: ask.Ids, n: int = 20, *options: str) -> pl.DataFrame:
        """The n best items for a history of original item ids, oldest first.

        The columns are item, title, score, interest (from 1), cold, which is true of an item that
        no interaction has trained, and predictor: model, popularity, or a memory that has brought
        what the model alone would not list. `options` are those of `bam recommend`, such as
        `"merge=quota"`. Items that the data set does not have are left out, with a warning; without
        a known item these are the most popular items, without a score. Any thread may call it.

        Raises:
            Mistake: n or an option is wrong.
        """
        with mistakes():
            return ask.recommend(self.retriever, {"": history}, n, options).drop("user", "place")

    def recommend_many(
        self, histories: Mapping[Any, ask.Ids], n: int = 20, *options: str
    ) -> pl.DataFrame:
        """As `recommend`, of many histories by the ids of users: with columns user and place."""
        with mistakes():
            return ask.recommend(self.retriever, histories, n, options)

    @property
    def retriever(self) -> Retriever:
        """The model with the names of its items and the histories of its users; of all threads."""
        with self._building:
            return self._retriever

    def retriever_until(self, until: str) -> Retriever:
        """As `retriever`; its users' histories end at `until`: now, valid or test."""
        with self._building:
            return build_retriever(self._parts, until)

    @cached_property
    def _retriever(self) -> Retriever:
        return build_retriever(self._parts, "now")

    @cached_property
    def _parts(self) -> Parts:
        given = {Override.parse(text).key for text in self.overrides}
        with as_guest():
            parts = assemble_run(self.folder, self._present, given)
        parts.step.eval()
        return parts

    @cached_property
    def _present(self) -> dict[str, Any]:
        """The config of `bam evaluate` with these options."""
        with mistakes():
            return resolve(compose_with_hydra(self.overrides, "evaluate"))


def load(folder: str | Path, *overrides: str) -> Run:
    """Open the folder of a run; nothing is built before it is used.

    `overrides` may change what `bam evaluate run=FOLDER` may: `"device=cpu"`, `"data_dir=FOLDER"`,
    `"evaluation=published"`, `"trust=[PACKAGE]"`.

    Raises:
        Mistake: it is no folder of a run.
    """
    check_run_folder(Path(folder))
    return Run(Path(folder).absolute(), overrides)
