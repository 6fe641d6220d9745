"""The rows of a matrix, shared out over the processes of torchrun."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor, distributed, nn
from torch.autograd.function import once_differentiable

from bam.system.processes import ALONE, Processes


@dataclass(frozen=True)
class Shards:
    """Each process holds consecutive rows, as many as the others or one more; alone, all of them.

    What is computed on a shard is called a part here. All methods but `alone` and the properties
    are collective: every process calls them, in the same order.
    """

    num_rows: int  # of the whole matrix
    processes: Processes

    @staticmethod
    def alone(num_rows: int) -> "Shards":
        """This process holds all rows, whether there are others or not."""
        return Shards(num_rows, ALONE)

    @property
    def is_whole(self) -> bool:
        """Whether this process holds all rows."""
        return self.processes.size == 1

    @property
    def edges(self) -> list[int]:
        """Process p holds the rows edges[p] to edges[p + 1] - 1."""
        size = self.processes.size
        return [self.num_rows * p // size for p in range(size + 1)]

    @property
    def own(self) -> range:
        """The rows of this process."""
        return range(*self.edges[self.processes.index :][:2])

    @property
    def most(self) -> int:
        """The rows of the process that holds most."""
        return -(-self.num_rows // self.processes.size)

    def fetch(
        self, ids: Int[Tensor, " M"], read: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "M D"]:
        """The rows of these ids, which rise; `read` gives rows that this process holds.

        It gets their places among the rows of this process. The gradient goes back to the process
        that holds the row.
        """
        edges = torch.tensor(self.edges, dtype=ids.dtype, device=ids.device)
        wanted = torch.searchsorted(ids, edges).diff().tolist()
        asked = self._counts(wanted, ids.device)
        rows = read(_send(ids, wanted, asked) - self.own.start)
        return _send(rows, asked, wanted)

    def everywhere(
        self, compute: Callable[..., Tensor], *x: Shaped[Tensor, "B ..."] | None
    ) -> Float[Tensor, "P B *t"]:
        """What each of the P processes computes of x with the rows that it holds.

        B may differ between processes. The gradient comes back from all of them.
        """
        if self.is_whole:
            return compute(*x)[None]
        first = next(each for each in x if each is not None)
        mine = [len(first)] * self.processes.size
        theirs = self._counts(mine, first.device)
        received = (
            each if each is None else _send(_repeat(each, mine), mine, theirs) for each in x
        )
        answers = _send(compute(*received), theirs, mine)
        return answers.unflatten(0, (len(mine), len(first)))

    def total(self, part: Shaped[Tensor, "*s"]) -> Shaped[Tensor, "*s"]:
        """The sum of the parts of all processes, without a gradient."""
        if self.is_whole:
            return part
        part = part.detach().clone()
        distributed.all_reduce(part)
        return part

    def _counts(self, sent: list[int], device: torch.device) -> list[int]:
        """How many rows each process sends to this one, which sends these numbers."""
        counts = torch.tensor(sent, device=device)
        received = torch.empty_like(counts)
        distributed.all_to_all_single(received, counts)
        found: list[int] = received.tolist()
        return found


@runtime_checkable
class SharedOut(Protocol):
    """A module whose `weight` has the rows of this process alone."""

    weight: nn.Parameter
    shards: Shards


def shards_of(module: Any) -> Shards:
    """How the rows of a module's `weight` are shared out; most modules have all of them."""
    return module.shards if isinstance(module, SharedOut) else Shards.alone(len(module.weight))


def shared_out(module: nn.Module) -> dict[str, Shards]:
    """The parameters in a module of which this process has its own rows alone, by their names."""
    return {
        f"{name}.weight" if name else "weight": part.shards
        for name, part in module.named_modules()
        if isinstance(part, SharedOut) and not part.shards.is_whole
    }


def shard(rows: Float[Tensor, "v D"], shards: Shards) -> nn.Parameter:
    """The rows of this process as a parameter of a loss that is a mean over the processes.

    Its gradient arrives from all of them as a sum.
    """
    weight = nn.Parameter(rows)
    if not shards.is_whole:
        weight.register_post_accumulate_grad_hook(partial(_divide_gradient, shards.processes.size))
    return weight


def _divide_gradient(number: int, weight: Tensor) -> None:
    if weight.grad is not None:
        weight.grad.div_(number)


def _repeat(x: Shaped[Tensor, "B ..."], times: list[int]) -> Shaped[Tensor, "B2 ..."]:
    return x.expand(len(times), *x.shape).flatten(0, 1)


def _send(
    x: Shaped[Tensor, "M ..."], sent: list[int], received: list[int]
) -> Shaped[Tensor, "M2 ..."]:
    """The first sent[0] rows go to process 0, and so on; returns what came, in their order."""
    found: Tensor = Sent.apply(x, sent, received)
    return found


class Sent(torch.autograd.Function):
    """Rows that go to other processes; their gradients come back from there."""

    @staticmethod
    def forward(
        ctx, x: Shaped[Tensor, "M ..."], sent: list[int], received: list[int]
    ) -> Shaped[Tensor, "M2 ..."]:
        ctx.sent, ctx.received = sent, received
        there = x.new_empty(sum(received), *x.shape[1:])
        distributed.all_to_all_single(there, x.contiguous(), received, sent)
        return there

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Shaped[Tensor, "M2 ..."]) -> tuple[Tensor, None, None]:
        return Sent.apply(grad, ctx.received, ctx.sent), None, None
