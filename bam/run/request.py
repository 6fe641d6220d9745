"""What is asked of one run, alone or as a point of a sweep."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.run.identity import code, fingerprint


@dataclass(frozen=True)
class Run:
    """A resolved config, and where its run belongs."""

    folder: Path
    config: dict[str, Any]
    overrides: list[str]
    choices: dict[str, str]
    in_sweep: bool

    @property
    def any_code(self) -> bool:
        """Whether results and checkpoints of other code are taken for its own."""
        return self.config["any_code"] is True

    def told(self) -> dict[str, Any]:
        """What its results begin with, however it ends."""
        return {
            **self.choices,
            "overrides": dict(override.partition("=")[::2] for override in self.overrides),
            "seed": self.config["seed"],
            "fingerprint": fingerprint(self.config),
            "code": code(),
        }
