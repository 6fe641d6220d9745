"""Save and restore a training: all that it needs to continue from its last step."""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from bam.records import Batch
from bam.run import checkpoint
from bam.run.identity import require_same_data
from bam.system.device import random_state, restore_random_state
from bam.system.processes import Processes
from bam.system.torchrun import is_first_process
from bam.training.step import Step
from bam.training.trainer import Progress, Stretch
from bam.training.update import Update

log = logging.getLogger(__name__)


class Stream:
    """Batches that can be saved and continued: where their group began, and how many were taken.

    A group of batches is drawn together, so the generator's state alone is not enough.
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

    def state(self) -> dict[str, Any]:
        """The generator's state when the group began, and the batches taken since."""
        return {"began": self.began, "taken": self.taken}

    def draw_anew(self, seed: int) -> None:
        """Draw from this seed on; no batch must have been taken yet."""
        self.generator.manual_seed(seed)
        self.began = self.generator.get_state()

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved state; no batch must have been taken yet."""
        self.generator.set_state(state["began"])
        self.began = state["began"]
        for _ in range(state["taken"]):
            next(self)


@dataclass(frozen=True)
class Training:
    """Everything that training changes; on a CPU its numbers follow from it, bit for bit."""

    step: Step
    averaged: Step  # the same, unless an average is validated and kept
    update: Update
    batches: Stream
    device: torch.device
    processes: Processes
    seed: int  # of the experiment
    data: str  # the checksum of the data
    code: str  # the hash of the code

    def save(self, progress: Progress, path: Path) -> None:
        """Write the state; each process gives its random states and sums, the first one writes."""
        own = {"batches": self.batches.state(), **random_state(self.device)}
        every = self.processes.gather({**own, "stretch": progress.stretch.state()})
        shared = replace(progress, stretch=Stretch())
        if is_first_process():
            state = {
                "code": self.code,
                "data": self.data,
                "progress": asdict(shared),
                "step": self.step.state_dict(),
                "averaged": self.averaged.state_dict(),  # storage that both share is written once
                "optimizer": self.update.optimizer.state_dict(),
                "draws": every,
            }
            checkpoint.save_state(state, path)

    def restore(self, path: Path, any_code: bool) -> Progress:
        """Continue from the saved state, if there is one of this code; returns how far it is.

        It may be of another number of processes. Then each of these draws anew, from a seed that
        depends on the step.

        Raises:
            Mistake: it is damaged, or of other data.
        """
        state = self.processes.first(lambda: _read(path, any_code, self.data, self.code))
        if not state:
            return Progress()
        self.step.load_state_dict(state["step"])
        self.averaged.load_state_dict(state["averaged"])
        self.update.optimizer.load_state_dict(state["optimizer"])
        stretch = self._restore_draws(state["draws"], state["progress"]["step"])
        progress = Progress(**{**state["progress"], "stretch": stretch})
        log.info("continues at step %s", f"{progress.step:,}")
        return progress

    def _restore_draws(self, saved: list[dict[str, Any]], step: int) -> Stretch:
        """Draw on as the processes did that saved; gives what this process did since a validation.

        With another number of processes there is none whose draws this one could continue.
        """
        before, now = len(saved), self.processes.size
        if before == now:
            own = saved[self.processes.index]
            self.batches.restore(own["batches"])
            restore_random_state(self.device, own)
            return Stretch(**own.get("stretch", {}))
        seed = self.processes.seed(self.seed, step)
        self.batches.draw_anew(seed)
        torch.manual_seed(seed)
        log.info("processes: %d, before %d; batches are drawn anew", now, before)
        return Stretch.mean([Stretch(**each.get("stretch", {})) for each in saved])


def _read(path: Path, any_code: bool, data: str, code: str) -> dict[str, Any]:
    state = checkpoint.load_state(path)
    if state and state["code"] != code and not any_code:
        log.info("%s was saved by other code: trains from the beginning", path)
        return {}
    if state:
        require_same_data(str(path), state.get("data", ""), data, "or delete it")
    return state
