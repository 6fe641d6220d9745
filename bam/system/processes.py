"""Several processes, one experiment: started by torchrun, joined through torch.distributed."""

import os
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from bam.records import Spans

Part = TypeVar("Part")


@dataclass(frozen=True)
class Ranks:
    """Which of how many processes this one is."""

    rank: int
    size: int

    def seed(self, seed: int) -> int:
        """A seed of this process's own; the first process keeps the experiment's."""
        return seed + 1_000_003 * self.rank

    def share(self, spans: Spans) -> Spans:
        """This process's consecutive part of the users."""
        part = slice(*(len(spans.start) * r // self.size for r in (self.rank, self.rank + 1)))
        return Spans(spans.start[part], spans.cut[part], spans.stop[part])

    def gather(self, part: Part) -> list[Part]:
        """Every process's part, in the order of the processes."""
        if self.size == 1:
            return [part]
        parts: list[Part] = [part] * self.size
        distributed.all_gather_object(parts, part)
        return parts

    def share_weights(self, module: nn.Module) -> None:
        """Give every process the first one's parameters and buffers."""
        if self.size > 1:
            for value in module.state_dict().values():
                distributed.broadcast(value, src=0)

    def synchronised(self, step: nn.Module) -> nn.Module:
        """The step, with gradients averaged over the processes.

        Buffers are equal from the first step on, and a step changes them alike.
        """
        if self.size == 1:
            return step
        return DistributedDataParallel(step, broadcast_buffers=False)


def is_lead() -> bool:
    """True in the first process, which alone writes and speaks; also without torchrun."""
    return os.environ.get("RANK", "0") == "0"


def join(device: torch.device) -> Ranks:
    """Join the processes that torchrun started, if it did; gloo on CPUs, NCCL on GPUs."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size > 1 and not distributed.is_initialized():
        if device.index is not None:  # what is gathered goes through the current device
            torch.accelerator.set_device_index(device.index)
        distributed.init_process_group(distributed.get_default_backend_for_device(device))
    return Ranks(int(os.environ.get("RANK", "0")), size)
