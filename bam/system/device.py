"""What a device is called and what it can do: the only module that compares device types."""

import os
from collections.abc import Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor

from bam.errors import Mistake, require

Value = TypeVar("Value")


def find_device(name: str) -> torch.device:
    """The device of a name; `auto` is a GPU where there is one.

    Where no GPU is named by its number, each process of torchrun gets one.

    Raises:
        Mistake: a name that is no device, or a device that is not there.
    """
    if name == "auto":
        name = "cuda" if has_gpu() else "cpu"
    try:
        device = torch.device(name)
        if is_gpu(device) and ":" not in name:
            device = _own_gpu()
        torch.empty(0, device=device)
        choose(device, {"cpu": True, "cuda": True})
    except (RuntimeError, AssertionError, LookupError) as error:
        raise Mistake(
            f"device must be auto, cpu or a GPU of this machine, got {name!r}; "
            "device=cpu runs everywhere"
        ) from error
    return device


def _own_gpu() -> torch.device:
    processes, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", "1")), torch.cuda.device_count()
    rule = f"torchrun's --nproc-per-node must be at most the number of GPUs, {gpus}"
    require(processes == 1 or processes <= gpus, rule, processes)
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def has_gpu() -> bool:
    """Whether this machine has a GPU that torch can use."""
    return torch.cuda.is_available()


def is_gpu(device: torch.device) -> bool:
    """Whether the device is a GPU."""
    return device.type == "cuda"


def choose(device: torch.device, values: Mapping[str, Value]) -> Value:
    """The value for this kind of device; `values` has the keys cpu and cuda."""
    return values[device.type]


def hardware_name(device: torch.device) -> str:
    """The model of a GPU, such as NVIDIA H100; cpu for a CPU."""
    return torch.cuda.get_device_name(device) if is_gpu(device) else device.type


def compile_options(device: torch.device) -> dict[str, Any]:
    """What torch.compile is given for a training step.

    A GPU replays the step as a CUDA graph; on a CPU batches of any width share one compilation.
    """
    return {"mode": "reduce-overhead"} if is_gpu(device) else {"dynamic": True}


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The states of torch's generators of the CPU and, where the device is a GPU, of it."""
    gpu = torch.cuda.get_rng_state(device) if is_gpu(device) else torch.empty(0)
    return {"cpu": torch.get_rng_state(), "cuda": gpu}


def restore_random_state(device: torch.device, state: Mapping[str, Any]) -> None:
    """Set the generators to what `random_state` gave; that of a GPU only where it had one."""
    torch.set_rng_state(state["cpu"])
    if is_gpu(device) and len(state["cuda"]):
        torch.cuda.set_rng_state(state["cuda"], device)
