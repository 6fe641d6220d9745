"""The specification of one run, alone or as a point of a sweep."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.run.identity import code_hash, fingerprint
from bam.run.override import as_mapping


@dataclass(frozen=True)
class RunSpec:
    """A resolved config, and the folder of its run."""

    folder: Path
    config: dict[str, Any]
    overrides: list[str]
    choices: dict[str, str]
    in_sweep: bool
    keeps_finished: bool  # a finished run is given as it is; else it is refused
    program: str = "train"  # the command that makes it

    @property
    def code(self) -> str:
        """Hash of the code that the numbers depend on."""
        return code_hash(self.config)

    @property
    def any_code(self) -> bool:
        """Whether results and checkpoints of other code are accepted."""
        return self.config["any_code"] is True

    def description(self, data: str) -> dict[str, Any]:
        """The first part of its results, whether it finishes or fails; `data` is their checksum."""
        return {
            **self.choices,
            "overrides": as_mapping(self.overrides),
            "seed": self.config["seed"],
            "fingerprint": fingerprint(self.config),
            "code": self.code,
            "data": data,
        }
