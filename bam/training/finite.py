"""Find NaN and infinity in losses and weights, without a wait in any step."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import Mistake
from bam.system.processes import mean_over_processes


class NotFinite(Mistake):
    """A loss or a weight is NaN or infinite; training cannot go on."""


def finite_loss(step: nn.Module, sums: list[Float[Tensor, ""]], last: int) -> float:
    """The newest of the sums of losses, as a mean over processes.

    `sums` holds one after each step, the newest of which is `last`: a sum that is no finite number
    stays so, and the first of them shows the step.

    Raises:
        NotFinite: in all processes, with the first step whose loss is not finite in any of them.
    """
    mean = mean_over_processes(sums[-1])
    if not mean.isfinite():
        every = mean_over_processes(torch.stack(sums))
        first = int(every.isfinite().long().argmin())
        number = last - len(sums) + 1 + first
        raise NotFinite(f"the loss became {every[first]:g} at step {number}{_parameter(step)}")
    return float(mean)


def require_finite_weights(step: nn.Module, last: int, since: int) -> None:
    """Refuse weights that are not finite after the step `last`; they were finite at `since`.

    Raises:
        NotFinite: in all processes; it names the first parameter here that is not finite.
    """
    name = _parameter(step)
    found = torch.tensor(float(bool(name)), device=next(step.parameters()).device)
    if mean_over_processes(found):  # another process may have rows that this one has not
        raise NotFinite(f"the weights became infinite or NaN in steps {since + 1} to {last}{name}")


def _parameter(step: nn.Module) -> str:
    for name, weight in step.named_parameters():
        if not _is_finite(weight.detach()):
            name = name.removeprefix("module.")  # of several processes
            return f" ({name} is the first parameter that is not finite)"
    return ""


def _is_finite(weight: Tensor) -> bool:
    """The sum is infinite or NaN if a number is, and needs no memory; large numbers may add up."""
    return bool(weight.sum().isfinite()) or bool(weight.isfinite().all())
