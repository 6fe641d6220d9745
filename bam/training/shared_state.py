"""The rows in a training's state that its processes share out: of weights, averages and moments."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from bam.run.shared_file import read_places, read_rows
from bam.system.huge_pages import zeros
from bam.system.shards import Shards, shared_out


def shared_rows(
    step: nn.Module, averaged: nn.Module, optimizer: Optimizer
) -> tuple[dict[str, Tensor], dict[str, Shards]]:
    """The rows of this process, and how they are shared out, by the names of what they are of."""
    rows: dict[str, Tensor] = {}
    shards: dict[str, Shards] = {}
    for name, shared in shared_out(step).items():
        weight = step.get_parameter(name)
        found = {f"step.{name}": weight.detach()}
        if averaged is not step:
            found[f"averaged.{name}"] = averaged.get_parameter(name).detach()
        for key, moment in optimizer.state.get(weight, {}).items():
            if _is_like(moment, weight):
                found[f"{_moments(name)}{key}"] = moment
        rows |= found
        shards |= dict.fromkeys(found, shared)
    return rows, shards


def without_rows(state: Mapping[str, Any], step: nn.Module, optimizer: Optimizer) -> dict[str, Any]:
    """A training's state without what `shared_rows` gives."""
    names = shared_out(step)
    shared = [step.get_parameter(name) for name in names]
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    moments = {
        number: {
            key: value
            for key, value in of_weight.items()
            if not (_is_in(weights[number], shared) and _is_like(value, weights[number]))
        }
        for number, of_weight in state["optimizer"]["state"].items()
    }
    kept = {
        key: {name: value for name, value in state[key].items() if name not in names}
        for key in ("step", "averaged")
    }
    return {**state, **kept, "optimizer": {**state["optimizer"], "state": moments}}


def restore_rows(path: Path, step: nn.Module, averaged: nn.Module, optimizer: Optimizer) -> None:
    """Read the rows of this process, after the rest of the state is restored.

    Any number of processes may have written the file; one that is alone reads all rows.
    """
    names, shards = read_places(path), shared_out(step)
    for name in [one.removeprefix("step.") for one in names if one.startswith("step.")]:
        weight = step.get_parameter(name)
        first = shards[name].own.start if name in shards else 0
        read_rows(path, f"step.{name}", weight, first)
        if averaged is not step:
            read_rows(path, f"averaged.{name}", averaged.get_parameter(name), first)
        for key in [one for one in names if one.startswith(_moments(name))]:
            moment = zeros(*weight.shape).to(weight)
            read_rows(path, key, moment, first)
            optimizer.state[weight][key.removeprefix(_moments(name))] = moment


def _moments(name: str) -> str:
    return f"optimizer.{name}."


def _is_like(value: Any, weight: Tensor) -> bool:
    return isinstance(value, torch.Tensor) and value.shape == weight.shape


def _is_in(weight: Tensor, some: list[nn.Parameter]) -> bool:
    return any(weight is other for other in some)
