"""Weights and states of training on disk, written whole or not at all."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from bam.errors import Mistake


def save(modules: nn.Module, path: Path) -> None:
    """Write every parameter and buffer, under names that begin with their module's."""
    state = {name: value.contiguous() for name, value in modules.state_dict().items()}
    partial = path.with_suffix(".partial")
    save_file(state, partial)
    partial.replace(path)


def load(modules: nn.Module, path: Path) -> None:
    """Read what `save` wrote.

    Raises:
        Mistake: no such file, or tensors of other names or shapes than these modules have.
    """
    if not path.is_file():
        raise Mistake(f"{path}: no such file; the run has not kept any weights yet")
    try:
        state = load_file(path)
    except SafetensorError as error:
        raise Mistake(f"{path}: not a whole safetensors file ({error})") from error
    compare(modules.state_dict(), state, path)
    modules.load_state_dict(state)


def save_state(state: Mapping[str, Any], path: Path) -> None:
    """Write tensors, numbers and words, nested as they are."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def load_state(path: Path) -> dict[str, Any]:
    """Read what `save_state` wrote, and nothing that could run as a program.

    Raises:
        Mistake: the file is damaged.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise Mistake(f"{path}: not a whole checkpoint; delete it to begin again") from error
    return state


def compare(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor], path: Path) -> None:
    """Refuse tensors of other names or shapes than are wanted.

    Raises:
        Mistake: lists both sides where they differ.
    """
    ours, theirs = (
        {(name, tuple(value.shape)) for name, value in state.items()} for state in (wanted, found)
    )
    if ours != theirs:
        raise Mistake(
            f"{path}: the model has {_listed(ours - theirs)} where the file has "
            f"{_listed(theirs - ours)}"
        )


def _listed(tensors: set[tuple[str, tuple[int, ...]]]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in sorted(tensors)) or "nothing"
