"""Where an interrupted run goes on: all that training needs, as of its last validation."""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from bam.records import Batch
from bam.run import checkpoint
from bam.run.identity import code
from bam.system.processes import Ranks, is_lead
from bam.training.step import Step
from bam.training.trainer import Progress
from bam.training.update import Update

log = logging.getLogger(__name__)


class Stream:
    """Batches whose place can be told: how the present group began, and how many were taken since.

    A group of batches is drawn together, so the generator alone does not tell the place.
    """

    def __init__(self, groups: Iterator[Iterator[Batch]], generator: torch.Generator):
        self.groups, self.generator = groups, generator
        self.group: Iterator[Batch] = iter(())
        self.began, self.taken = generator.get_state(), 0

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        batch = next(self.group, None)
        while batch is None:
            self.began, self.taken = self.generator.get_state(), 0
            self.group = next(self.groups)
            batch = next(self.group, None)
        self.taken += 1
        return batch

    def place(self) -> dict[str, Any]:
        return {"began": self.began, "taken": self.taken}

    def go_to(self, place: dict[str, Any]) -> None:
        """Go on from there; nothing must have been taken yet."""
        self.generator.set_state(place["began"])
        self.began = place["began"]
        for _ in range(place["taken"]):
            next(self)


@dataclass(frozen=True)
class Training:
    """Everything that training changes; on a CPU its numbers follow from it, bit for bit."""

    step: Step
    averaged: Step  # the same, unless an average is validated and kept
    update: Update
    batches: Stream
    device: torch.device
    ranks: Ranks

    def save(self, progress: Progress, path: Path) -> None:
        """Note how far training has come; each process gives its draws, the first one writes."""
        draws = self.ranks.gather(self._draws())
        if is_lead():
            state = {
                "code": code(),
                "progress": asdict(progress),
                "step": self.step.state_dict(),
                "averaged": self.averaged.state_dict(),  # storage that both share is written once
                "optimizer": self.update.optimizer.state_dict(),
                "draws": draws,
            }
            checkpoint.save_state(state, path)

    def restore(self, path: Path, any_code: bool) -> Progress:
        """Become as the checkpoint was, if there is one of this code; tells how far that is."""
        state = self.ranks.gather(_read(path, any_code) if is_lead() else {})[0]
        if not state:
            return Progress()
        self.step.load_state_dict(state["step"])
        self.averaged.load_state_dict(state["averaged"])
        self.update.optimizer.load_state_dict(state["optimizer"])
        draws = state["draws"][self.ranks.rank]
        self.batches.go_to(draws["batches"])
        torch.set_rng_state(draws["cpu"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(draws["cuda"], self.device)
        progress = Progress(**state["progress"])
        log.info("continues from step %d", progress.step)
        return progress

    def _draws(self) -> dict[str, Any]:
        on_gpu = self.device.type == "cuda"
        return {
            "batches": self.batches.place(),
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(self.device) if on_gpu else torch.empty(0),
        }


def _read(path: Path, any_code: bool) -> dict[str, Any]:
    if not path.is_file():
        return {}
    state = checkpoint.load_state(path)
    if state["code"] != code() and not any_code:
        log.info("begun by other code: begins again")
        return {}
    return state
