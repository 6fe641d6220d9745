"""Several processes, one experiment: started by torchrun, joined through torch.distributed."""

import atexit
import os
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from bam.errors import Mistake
from bam.records import Spans
from bam.system.failure import explain, one_line
from bam.system.torchrun import number_of_processes, started_by_torchrun

Result = TypeVar("Result")
MOMENT = 0.5  # seconds


@dataclass(frozen=True)
class Processes:
    """All processes of an experiment, as seen by the one with this index."""

    index: int
    size: int

    def seed(self, seed: int, step: int = 0) -> int:
        """A seed for this process alone, from a step on; the first keeps the experiment's at 0."""
        return seed + 1_000_003 * self.index + 1_000_000_007 * step

    def share(self, spans: Spans) -> Spans:
        """This process's consecutive part of the users."""
        part = slice(*(len(spans.start) * i // self.size for i in (self.index, self.index + 1)))
        return Spans(spans.start[part], spans.cut[part], spans.stop[part])

    def gather(self, part: Result) -> list[Result]:
        """Every process's part, in the order of the processes."""
        if self.size == 1:
            return [part]
        parts: list[Result] = [part] * self.size
        distributed.all_gather_object(parts, part)
        return parts

    def together(self, task: Callable[[], Result]) -> Result:
        """Run the task in every process, and give each its own result.

        Raises:
            Mistake: in all processes, if the task fails in any of them by what its user can mend.
        """
        mistake: Mistake | None = None
        try:
            result = task()
        except Exception as error:
            mistake = explain(error)
            if mistake is None:
                raise
        found = [each for each in self.gather(mistake) if each is not None]
        if found:
            raise mistake or found[0]
        return result

    def first(self, task: Callable[[], Result]) -> Result:
        """Run the task in the first process alone, and give its result to every process.

        Raises:
            Mistake: in all processes, if the task raises one.
        """
        result: Any = self.together(lambda: task() if self.index == 0 else None)
        return self.gather(result)[0]

    def share_weights(self, module: nn.Module) -> None:
        """Give every process the first one's parameters and buffers."""
        if self.size > 1:
            for value in module.state_dict().values():
                distributed.broadcast(value, src=0)

    @contextmanager
    def comparing(self, timeout: int) -> Iterator[Callable[[int], int] | None]:
        """Gives the largest of the numbers that the processes have; None of a process alone.

        The hosts compare, through a group that needs no GPU; they wait for `timeout` seconds.
        """
        if self.size == 1:
            yield None
            return
        group = distributed.new_group(backend="gloo", timeout=timedelta(seconds=timeout))

        def largest(number: int) -> int:
            value = torch.tensor(number)
            distributed.all_reduce(value, distributed.ReduceOp.MAX, group)
            return int(value)

        try:
            yield largest
        finally:
            distributed.destroy_process_group(group)

    def synchronised(self, step: nn.Module, without: Collection[str] = ()) -> nn.Module:
        """The step, with gradients averaged over the processes; not those of `without`.

        Buffers are equal from the first step on, and a step changes them alike: none is sent.
        """
        trained = [name for name, weight in step.named_parameters() if weight.requires_grad]
        if self.size == 1 or not {*trained} - {*without}:
            return step
        # as TorchRec does; the function is not public, and there is no other for every version
        left_out = [*without, *(name for name, _ in step.named_buffers())]
        DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(step, left_out)
        # a backbone may have parts that no option of the run uses; where all are used, torch warns
        warnings.filterwarnings("ignore", message="find_unused_parameters=True was specified")
        return DistributedDataParallel(step, find_unused_parameters=True)


ALONE = Processes(0, 1)


def join(device: torch.device, timeout: int) -> Processes:
    """Join the processes that torchrun started, if it did; gloo on CPUs, NCCL on GPUs.

    A process that waits for another one for longer than `timeout` seconds gives up: that one, or
    its host, is lost.

    Raises:
        Mistake: the processes cannot reach each other.
    """
    if started_by_torchrun() and not distributed.is_initialized():
        if device.index is not None:  # what is gathered goes through the current device
            torch.accelerator.set_device_index(device.index)
        backend = distributed.get_default_backend_for_device(device)
        try:
            distributed.init_process_group(backend, timeout=timedelta(seconds=timeout))
        except RuntimeError as error:
            variable = f"{backend.upper()}_SOCKET_IFNAME"
            raise Mistake(
                f"the processes of torchrun cannot reach each other ({one_line(error)}); on "
                f"several hosts {variable} must name the network interface between them"
            ) from error
        atexit.register(_leave)
    return Processes(int(os.environ.get("RANK", "0")), number_of_processes())


def _leave() -> None:
    """Leave the other processes.

    A thread of the group that lets go of its last work needs Python's lock. One that asks for it
    while Python ends aborts the process (SIGABRT), so they have a moment before that. The group's
    threads do not end with it where gradients were averaged: torch keeps it.
    """
    if distributed.is_initialized():
        distributed.destroy_process_group()
        time.sleep(MOMENT)


def mean_over_processes(value: Tensor) -> Tensor:
    """The mean of what each process has, equal in all of them afterwards."""
    if distributed.is_initialized():
        value = value.clone()
        distributed.all_reduce(value)
        value /= distributed.get_world_size()
    return value
