"""How far training has come: what a state holds beside weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Stretch:
    """The steps since the last validation, as one process has taken them."""

    steps: int = 0
    samples: int = 0
    seconds: float = 0.0
    loss: Float[Tensor, ""] | float = 0.0  # their sum, on the device of the steps
    tracked: int = 0  # the steps at the last tracked loss
    tracked_loss: float = 0.0  # their sum, a mean over processes

    def state(self) -> dict[str, Any]:
        """Plain numbers, to be saved."""
        return {**vars(self), "loss": float(self.loss)}

    @staticmethod
    def mean(parts: Sequence["Stretch"]) -> "Stretch":
        """What each process has taken on average; all have taken the same steps."""
        samples = sum(part.samples for part in parts) // len(parts)
        seconds = sum(part.seconds for part in parts) / len(parts)
        loss = sum(float(part.loss) for part in parts) / len(parts)
        return replace(parts[0], samples=samples, seconds=seconds, loss=loss)


@dataclass
class Progress:
    """How far training has come."""

    step: int = 0
    samples: int = 0  # until the last validation
    seconds: float = 0.0  # of training alone, without validation, until the last one
    validation_seconds: float = 0.0  # of all validations
    best: float = -math.inf
    best_step: int = 0
    validations: int = 0
    valid: dict[str, Any] = field(default_factory=dict)  # at the best step
    stretch: Stretch = Stretch()
    waiting: dict[str, float] = field(default_factory=dict)  # figures of a stretch not yet judged
    threads: list[int] = field(default_factory=list)  # counts that round all steps alike
    # where training began and went on, and with how many processes; starts without a later state
    # are not known
    started_at: list[int] = field(default_factory=list)
    processes: list[int] = field(default_factory=list)
    # the hash of the code; of several, where any_code=true went on, joined by +, the newest last
    code: str = ""

    @property
    def samples_per_second(self) -> float:
        return self.samples / self.seconds

    @property
    def steps_per_second(self) -> float:
        """Of training alone; infinite before the first step."""
        return self.step / self.seconds if self.step else math.inf

    def note_code(self, code: str) -> None:
        """Take note that this code, or these, has taken the newest steps."""
        newest = code.split("+")
        earlier = [one for one in self.code.split("+") if one and one not in newest]
        self.code = "+".join([*earlier, *newest])

    def note_start(self, processes: int) -> None:
        """Take note that training begins or goes on here, with this number of processes."""
        self.started_at.append(self.step)
        self.processes.append(processes)

    @property
    def judged(self) -> int:
        """A step up to which every validation is judged: one that waits will be made again."""
        return self.step - 1 if self.waiting or not self.valid else self.step
