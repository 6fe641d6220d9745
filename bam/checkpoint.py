"""Weights on disk: safetensors, written whole or not at all."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from bam.mistake import Mistake


def save(modules: nn.ModuleDict, path: Path) -> None:
    """Write every parameter and buffer, under names that begin with their module's."""
    state = {name: value.contiguous() for name, value in modules.state_dict().items()}
    partial = path.with_suffix(".partial")
    save_file(state, partial)
    partial.replace(path)


def load(modules: nn.ModuleDict, path: Path) -> None:
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
    expected, found = _shapes(modules.state_dict()), _shapes(state)
    if expected != found:
        missing = sorted(expected.items() - found.items())
        surplus = sorted(found.items() - expected.items())
        raise Mistake(f"{path}: the model has {missing} where the file has {surplus}")
    modules.load_state_dict(state)


def _shapes(state: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in state.items()}
