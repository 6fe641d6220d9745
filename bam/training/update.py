"""From a loss to new weights: backward, clip, step, average."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar, runtime_checkable

from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from bam.system.shards import Shards, shared_out

NONE: Mapping[int, Shards] = {}
Trained = TypeVar("Trained", bound=nn.Module)


@runtime_checkable
class Averaging(Protocol):
    """An option of bam.training.averaging."""

    def begin(self, step: Trained) -> Trained: ...
    def update(self, averaged: list[Tensor], current: list[Tensor], number: int) -> None: ...


class Update:
    """Moves the weights of `step` by the optimizer, and those of `averaged` after them.

    The learning rate at step t is the optimizer's own times schedule(t). It depends on t alone, so
    that an interrupted run continues with the same rates.
    """

    def __init__(
        self,
        step: nn.Module,
        averaged: nn.Module,
        optimizer: Optimizer,
        schedule: Callable[[int], float],
        averaging: Averaging,
        clip_norm: float,
    ):
        both = zip(step.parameters(), averaged.parameters(), strict=True)
        trained = [(weight, average) for weight, average in both if weight.requires_grad]
        self.weights: list[Tensor] = [weight for weight, _ in trained]
        self.averages: list[Tensor] = [average.detach() for _, average in trained]
        self.shared = shards_by_weight(step)
        self.optimizer, self.schedule = optimizer, schedule
        self.rates = [group["lr"] for group in optimizer.param_groups]
        self.averaging, self.clip_norm = averaging, clip_norm

    def __call__(self, loss: Tensor, number: int) -> None:
        """Take step `number`, counted from 1, against the gradient of a loss."""
        self.optimizer.zero_grad()
        loss.backward()
        if self.clip_norm > 0:  # 0 is off
            clip(self.weights, self.clip_norm, self.shared)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * self.schedule(number)
        self.optimizer.step()
        self.averaging.update(self.averages, self.weights, number)

    @property
    def learning_rate(self) -> float:
        """Of the last step; before the first, the optimizer's own."""
        rate: float = self.optimizer.param_groups[0]["lr"]
        return rate


def shards_by_weight(step: nn.Module) -> dict[int, Shards]:
    """Of the weights that processes share out, by their ids."""
    return {id(step.get_parameter(name)): shards for name, shards in shared_out(step).items()}


def clip(weights: list[Tensor], norm: float, shared: Mapping[int, Shards] = NONE) -> None:
    """Scale all gradients by min(1, norm / (their common L2 norm + 1e-6)).

    (Pascanu et al., ICML 2013, algorithm 1.) No number is read back from the device. Rows that a
    sparse gradient has several times are added up first, as its optimizer does. `shared` has the
    ids of weights of which each process has its own rows: their norm is over all processes.
    """
    trained = [weight for weight in weights if weight.grad is not None]
    gradients = [_values(weight) for weight in trained]
    total = get_total_norm(
        [each for each, weight in zip(gradients, trained, strict=True) if id(weight) not in shared]
    )
    for gradient, weight in zip(gradients, trained, strict=True):
        if id(weight) in shared:
            total = total.hypot(shared[id(weight)].total(gradient.square().sum()).sqrt())
    share = (norm / (total + 1e-6)).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(share)


def _values(weight: Tensor) -> Tensor:
    """The values of a gradient, which can be scaled in place."""
    assert weight.grad is not None
    if not weight.grad.is_sparse:
        return weight.grad
    weight.grad = weight.grad.coalesce()
    return weight.grad.values()
