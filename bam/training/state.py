"""Save and restore a training: all that it needs to continue from its last step."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from bam.errors import Mistake
from bam.records import Batch
from bam.run import checkpoint
from bam.run.identity import require_same_data
from bam.run.rows import remove_rows, rows_path, saved_steps
from bam.system.checksums import verify
from bam.system.device import random_state, restore_random_state
from bam.system.processes import Processes
from bam.system.shards import shared_out
from bam.system.torchrun import is_first_process
from bam.training.progress import Progress, Stretch
from bam.training.shared_state import restore_rows, shared_rows, without_rows
from bam.training.step import Step
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

    def draws(self, progress: Progress) -> list[dict[str, Any]]:
        """What each process draws from, and its sums since the last validation."""
        own = {"batches": self.batches.state(), **random_state(self.device)}
        return self.processes.gather({**own, "stretch": progress.stretch.state()})

    def save(self, progress: Progress, draws: list[dict[str, Any]], path: Path) -> None:
        """Write the state: the first process writes it.

        Rows that only one process has are in a file of their own, which is complete before the
        state that belongs to it; those of the state before it are kept, too.
        """
        step, optimizer = progress.step, self.update.optimizer
        rows, shards = shared_rows(self.step, self.averaged, optimizer)
        if rows:
            checkpoint.write_shared(rows, shards, rows_path(path.parent, step), self.processes)
        shared = asdict(replace(progress, stretch=Stretch()))
        if is_first_process():
            state: dict[str, Any] = {
                "shared": bool(rows),
                "code": shared.pop("code"),
                "data": self.data,
                "progress": shared,
                "step": self.step.state_dict(),
                "averaged": self.averaged.state_dict(),  # storage that both share is written once
                "optimizer": optimizer.state_dict(),
                "draws": draws,
            }
            checkpoint.save_state(without_rows(state, self.step, optimizer), path)
            before = [one for one in saved_steps(path.parent) if one < step]
            remove_rows(path.parent, {step, *before[-1:]})

    def restore(self, path: Path, any_code: bool) -> Progress:
        """Continue from the saved state, if there is one of this code; returns how far it is.

        It may be of another number of processes. Then each of these draws anew, from a seed that
        depends on the step.

        Raises:
            Mistake: it is damaged, or of other data.
        """
        state = self.processes.first(lambda: _read(path, any_code, self.data, self.code))
        if not state:
            return Progress(code=self.code)
        if shared_out(self.step) and not state.get("shared"):
            raise Mistake(
                f"shard_table must stay false: {path} was saved by a process that has the whole "
                "table; delete it to train from the beginning"
            )
        self._restore(state, path.parent)
        stretch = self._restore_draws(state["draws"], state["progress"]["step"])
        progress = Progress(**{**state["progress"], "stretch": stretch, "code": state["code"]})
        progress.note_code(self.code)
        log.info("continues at step %s", f"{progress.step:,}")
        return progress

    def _restore(self, state: Mapping[str, Any], folder: Path) -> None:
        for module, key in ((self.step, "step"), (self.averaged, "averaged")):
            rows = dict(module.named_parameters()) if state.get("shared") else {}
            module.load_state_dict({**rows, **state[key]})
        self.update.optimizer.load_state_dict(state["optimizer"])
        if state.get("shared"):
            path = rows_path(folder, state["progress"]["step"])
            self.processes.first(lambda: verify(path, "delete the states to begin anew"))
            restore_rows(path, self.step, self.averaged, self.update.optimizer)

    def _restore_draws(self, saved: list[dict[str, Any]], step: int) -> Stretch:
        """Draw on as the processes did that saved; gives what this process did since a validation.

        With another number of processes there is none whose draws this one could continue.
        """
        before, now = len(saved), self.processes.size
        seed = self.processes.seed(self.seed, step)
        torch.manual_seed(seed)  # also a GPU, where the state is of a CPU
        if before == now:
            own = saved[self.processes.index]
            self.batches.restore(own["batches"])
            restore_random_state(self.device, own)
            return Stretch(**own.get("stretch", {}))
        self.batches.draw_anew(seed)
        log.info("processes: %d, before %d; batches are drawn anew", now, before)
        return Stretch.mean([Stretch(**each.get("stretch", {})) for each in saved])


def _read(path: Path, any_code: bool, data: str, code: str) -> dict[str, Any]:
    state = checkpoint.load_state(path)
    if state and state["code"].split("+")[-1] != code:
        if not any_code:
            log.info("%s was saved by other code: trains from the beginning", path)
            return {}
        log.warning("%s was saved by other code: any_code=true, the run will be of both", path)
    if state:
        require_same_data(str(path), state.get("data", ""), data, "or delete it")
    return state
