"""Where an interrupted run goes on: all that training needs, as of its last validation."""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from bam import checkpoint
from bam.experiment.code import code
from bam.trainer import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Training:
    """Everything that training changes."""

    weights: nn.Module
    optimizer: torch.optim.Optimizer
    batches: torch.Generator
    device: torch.device

    def state(self) -> dict[str, Any]:
        """A copy to go on from; on a CPU the same numbers follow from it, bit for bit."""
        return {
            "weights": self.weights.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "batches": self.batches.get_state(),
            "draws": torch.get_rng_state(),
            "device_draws": torch.cuda.get_rng_state(self.device) if self._on_gpu else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become as the state was."""
        self.weights.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.batches.set_state(state["batches"])
        torch.set_rng_state(state["draws"])
        if self._on_gpu and state["device_draws"] is not None:
            torch.cuda.set_rng_state(state["device_draws"], self.device)

    @property
    def _on_gpu(self) -> bool:
        return self.device.type == "cuda"


def save(training: Training, progress: Progress, path: Path) -> None:
    """Note how far training has come."""
    state = {"code": code(), "progress": asdict(progress), **training.state()}
    checkpoint.save_state(state, path)


def restored(training: Training, path: Path, any_code: bool) -> Progress:
    """Where training goes on: at its last checkpoint, if there is one of this code."""
    if not path.is_file():
        return Progress()
    state = checkpoint.load_state(path)
    if state["code"] != code() and not any_code:
        log.info("begun by other code: begins again")
        return Progress()
    training.restore(state)
    progress = Progress(**state["progress"])
    log.info("continues from step %d", progress.step)
    return progress


def cut_back(metrics: Path, step: int) -> None:
    """Forget the lines of validations after the step: they will be written again."""
    if metrics.is_file():
        lines = metrics.read_text().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]
        kept = [line for line in whole if json.loads(line)["step"] <= step]
        metrics.write_text("".join(kept) if step else "")
