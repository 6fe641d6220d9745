"""A run's folder, opened: what it is, what came out, and its model."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
import torch
from jaxtyping import Float
from torch import Tensor

from bam.config.compose import compose_with_hydra
from bam.config.resolve import resolve
from bam.data.dataset.build.store import read_catalogue
from bam.errors import Mistake, require
from bam.experiment.assemble import Parts, assemble
from bam.experiment.guest import as_guest, mistakes
from bam.experiment.prepared import only_prepared
from bam.model.recommender import Recommender
from bam.run import checkpoint
from bam.run.files import CONFIG, ENVIRONMENT, RESULTS, WEIGHTS, read, read_metrics
from bam.run.identity import EVALUATION, fingerprint, require_same_data, with_data_dir
from bam.run.migrate import read_config
from bam.run.override import Override
from bam.run.state import data_of, state

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class UserInterests:
    """The interests that a model finds in one history."""

    vectors: Float[Tensor, "K D"]  # their inner product with an item's vector is its score
    routing: Float[Tensor, "K L"]  # share of each item in each interest; L is 0 without shares
    items: list[str]  # the L items that the model has seen, oldest first


@dataclass(frozen=True)
class Run:
    """A run's folder. Files are read at first use, and the model is built at its first use.

    The folder may come from a stranger: nothing that its config names is executed, downloaded or
    prepared, but parts of bam and of the packages that `overrides` or BAM_TRUST trust.
    """

    folder: Path
    overrides: tuple[str, ...]  # what differs from the run's config

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
        return self._parts.step.model

    @torch.no_grad()
    def interests(self, history: Sequence[str | int]) -> UserInterests:
        """The K interests of a history of original item ids, oldest first.

        Only the last `history_length` items count, as in training.

        Raises:
            Mistake: the history is empty, or has an item that the data set does not have.
        """
        texts = [str(item) for item in history]
        require(bool(texts), "history must hold at least one item", texts)
        rule = f"history must hold items of {self._parts.interactions.name}"
        unknown = [text for text in texts if text not in self._numbers]
        require(not unknown, rule, ", ".join(unknown))
        recent = texts[-self._parts.settings.history_length :]
        ids = torch.tensor([[self._numbers[text] for text in recent]], device=self._parts.device)
        found = self.model(ids)
        return UserInterests(found.vectors[0].cpu(), found.routing[0].cpu(), recent)

    @cached_property
    def _parts(self) -> Parts:
        given = {Override.parse(text).root for text in self.overrides}
        with as_guest():
            parts = assemble_run(self.folder, self._present, given)
        parts.step.eval()
        return parts

    @cached_property
    def _present(self) -> dict[str, Any]:
        """The config of `bam evaluate` with these options."""
        with mistakes():
            return resolve(compose_with_hydra(self.overrides, "evaluate"))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The model's number of each original item id."""
        catalogue = read_catalogue(self._parts.interactions.folder)
        return dict(zip(catalogue["original_id"], catalogue["item"], strict=True))


def load(folder: str | Path, *overrides: str) -> Run:
    """Open the folder of a run; nothing is built before it is used.

    `overrides` may change what `bam evaluate run=FOLDER` may: `"device=cpu"`, `"data_dir=FOLDER"`,
    `"evaluation=published"`, `"trust=[PACKAGE]"`.

    Raises:
        Mistake: it is no folder of a run.
    """
    check_run_folder(Path(folder))
    return Run(Path(folder).absolute(), overrides)


def check_run_folder(folder: Path) -> None:
    if not (folder / CONFIG).is_file():
        raise Mistake(f"run must be the folder of a run, with a {CONFIG}, got {str(folder)!r}")


def assemble_run(folder: Path, config: Mapping[str, Any], given: set[str]) -> Parts:
    """The run's model with its weights; of the present config it takes what is given, and trust.

    The run may be a stranger's: of what its config names, only prepared data are opened.

    Raises:
        Mistake: what is given is fixed by the run, its data are not prepared or have changed, or
            a file is damaged.
    """
    check_run_folder(folder)
    saved = read_config(folder / CONFIG)
    for key in sorted(given):
        if key not in EVALUATION:
            raise Mistake(f"run={folder} fixes {key}; only {', '.join(EVALUATION)} may differ")
    checksum = data_of(folder) if _is_unchanged(folder, saved) else ""
    if "data_dir" in given:
        saved = with_data_dir(saved, config["data_dir"])
    if "dataset" not in given:
        places = [str(one["data_dir"]) for one in (config, saved) if one.get("data_dir")]
        saved = {**saved, "dataset": only_prepared(saved.get("dataset"), checksum, places)}
    metric = {"metric"} if "evaluation" in given else set()  # the metrics take its cutoffs
    present = {key: config[key] for key in {*given, *metric, "trust"}}
    parts = assemble({**saved, **present}, trains=False)
    _compare_data(folder, parts.interactions.checksum, named="dataset" in given)
    checkpoint.load(parts.step, folder / WEIGHTS)
    return parts


def _is_unchanged(folder: Path, saved: dict[str, Any]) -> bool:
    """Whether the config is that of the results; else what it names is compared with them later."""
    results = read(folder / RESULTS)
    unchanged = results.get("fingerprint") == fingerprint(saved)
    if results.get("data") and not unchanged:
        log.warning("%s is not as it was when the run was trained", folder / CONFIG)
    return bool(unchanged)


def _compare_data(folder: Path, present: str, named: bool) -> None:
    """Refuse other data than the run's own, unless the user has named them."""
    recorded = data_of(folder)
    if not named:
        remedy = "or name the data set that is meant: dataset=NAME"
        require_same_data(f"run={folder}", recorded, present, remedy)
    elif recorded not in ("", present):
        log.warning("run=%s was trained on %s, and is tested on %s", folder, recorded, present)
