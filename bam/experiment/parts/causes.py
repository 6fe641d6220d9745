"""Which options of a run can make its numbers infinite or NaN."""

from collections.abc import Iterator, Mapping
from typing import Any

from bam.errors import Mistake
from bam.training.finite import NotFinite
from bam.training.progress import Progress

# keys of options that multiply or divide losses, scores or gradients
CAUSES = ("lr", "clip_norm", "tau", "first", "last", "temperature", "alpha", "p", "weight")


def with_causes(error: NotFinite, config: Mapping[str, Any], progress: Progress) -> Mistake:
    """The mistake with this run's options that can cause it, and with what is kept."""
    options = ", ".join(f"{path}={value}" for path, value in sorted(_causes(config), key=_order))
    kept = (
        f"the weights of step {progress.best_step}, the best so far, are kept"
        if progress.valid
        else "no weights were validated before"
    )
    return Mistake(
        f"{error}; {kept}; options that can cause it: {options}; "
        "lower the learning rate first, or set trainer.clip_norm=1"
    )


def _order(option: tuple[str, Any]) -> int:
    """The most usual cause first."""
    return CAUSES.index(option[0].rpartition(".")[2])


def _causes(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _causes(value, f"{path}{key}.")
        elif key in CAUSES and value != 0:  # 0 is off
            yield f"{path}{key}", value
