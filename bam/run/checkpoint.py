"""Weights and states of training on disk, written whole or not at all, with their checksums."""

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bam.errors import Mistake
from bam.run import shared_file
from bam.run.earlier_names import rename_weights
from bam.run.files import PREVIOUS
from bam.run.tensors import load_torch, read_tensors, write_tensors
from bam.system.checksums import move, recording, verify
from bam.system.files import partial
from bam.system.processes import Processes
from bam.system.shards import Shards, shared_out

log = logging.getLogger(__name__)
AGAIN = "restore it, or delete the run's folder and train again"


def save(modules: nn.Module, path: Path) -> None:
    """Write every parameter and buffer, under names that begin with their module's."""
    write_tensors(modules.state_dict(), path)


def save_shared(modules: nn.Module, path: Path, processes: Processes) -> None:
    """As `save`, by all processes: the first one writes, and each the rows that it alone has.

    The file is the same as if one process had all of them.
    """
    if shards := shared_out(modules):
        write_shared(modules.state_dict(), shards, path, processes)
    elif processes.index == 0:
        save(modules, path)


def write_shared(
    tensors: Mapping[str, Tensor], shards: Mapping[str, Shards], path: Path, processes: Processes
) -> None:
    """Write tensors, of which each process has its own rows, whole or not at all."""
    writing = recording(path) if processes.index == 0 else nullcontext(partial(path))
    with writing as unfinished:
        shared_file.write(unfinished, tensors, shards, processes)


def load_shared(modules: nn.Module, path: Path, processes: Processes) -> None:
    """As `load`, by all processes: the first one reads, and each the rows that it alone has.

    Where each process has everything, the first one alone needs the file.

    Raises:
        Mistake: as `load`, in all processes.
    """
    if shared_out(modules):
        processes.together(lambda: load(modules, path))
    else:
        processes.first(lambda: load(modules, path))
        processes.share_weights(modules)


def load(modules: nn.Module, path: Path, growing: str | None = None) -> None:
    """Read what `save` or `save_shared` wrote; of what processes share out, its own rows.

    A tensor whose name begins with `growing` may have more rows here than in the file: these keep
    their values.

    Raises:
        Mistake: no such file, a damaged one, or tensors of other names or shapes than these
            modules have.
    """
    if not path.exists():
        raise Mistake(f"{path}: no such file; the run has saved no weights yet")
    check(path)
    present, state = modules.state_dict(), rename_weights(read_tensors(path, AGAIN))
    for name, shards in shared_out(modules).items():
        if len(state.get(name, ())) == shards.num_rows or growing is not None:
            state[name] = state[name][shards.own.start : shards.own.stop]
    if growing is not None:
        grown = {name for name in present.keys() & state.keys() if name.startswith(growing)}
        state |= {name: _with_rows(state[name], present[name]) for name in grown}
    compare(present, state, path)
    modules.load_state_dict(state)


def _with_rows(saved: Tensor, present: Tensor) -> Tensor:
    """The saved tensor, with the last rows of the present one where that has more."""
    if present.ndim != saved.ndim or not saved.ndim or present.shape[1:] != saved.shape[1:]:
        return saved
    return torch.cat([saved, present[len(saved) :].cpu()])


def check(path: Path) -> None:
    """Require weights that are as they were saved.

    Raises:
        Mistake: no such file, or a damaged one.
    """
    verify(path, AGAIN)


def save_state(state: Mapping[str, Any], path: Path) -> None:
    """Write nested tensors, numbers and strings; what was there before is kept beside it."""
    with recording(path) as unfinished:
        torch.save(state, unfinished)
        if path.exists():
            move(path, path.with_name(PREVIOUS))


def load_state(path: Path) -> dict[str, Any]:
    """Read what `save_state` wrote last, or before where that is damaged; nothing: an empty state.

    A file that would run code is refused.

    Raises:
        Mistake: every state is damaged.
    """
    previous = path.with_name(PREVIOUS)
    if not path.exists():  # killed between the two steps of writing it
        return _read_state(previous) if previous.exists() else {}
    try:
        return _read_state(path)
    except Mistake:
        if not (path.is_file() and previous.is_file()):
            raise
        state = _read_state(previous)
        log.warning("%s was damaged and is deleted; the state before it is used", path)
        path.unlink()
        return state


def _read_state(path: Path) -> dict[str, Any]:
    remedy = "delete it to train from the beginning"
    verify(path, remedy)
    return rename_weights(load_torch(path, f"{path}: not a whole checkpoint; {remedy}"))


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
            f"{path}: the model has {_list(ours - theirs)} where the file has "
            f"{_list(theirs - ours)}; choose the options of the model that was saved"
        )


def _list(tensors: set[tuple[str, tuple[int, ...]]]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in sorted(tensors)) or "nothing"
