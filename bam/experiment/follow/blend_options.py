"""The options of `bam blend`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.config.compose import compose_with_hydra
from bam.config.extensions import search_path
from bam.config.resolve import resolve
from bam.errors import renamed, require
from bam.experiment.follow.blend_search import Form


@dataclass(frozen=True)
class Options:
    """conf/blend.yaml explains them; `others` is its `with`."""

    run: str
    others: Any
    forms: list[str]
    choose_by: str
    tries: dict[str, dict[str, list[Any]]]
    ensemble: dict[str, Any]

    def __post_init__(self) -> None:
        require(self.run != "", "run must be the folder of a finished run", self.run)
        known = isinstance(self.others, str | list)
        require(known, "with must be a memory, a folder, or a list of folders", self.others)
        rule = "with must be a memory that knows something, or the folder of another run"
        require(self.others not in ("", "none", []), rule, self.others)
        require(self.forms != [], "forms must have an option of blending", self.forms)
        for name, options in self.tries.items():
            for option, values in options.items():
                require(values != [], f"tries.{name}.{option} must have a value", values)
        alike = len({folder.resolve() for folder in (Path(self.run), *self.runs)}) <= len(self.runs)
        require(not alike, f"with must be other runs than run={self.run}, each once", self.others)

    @property
    def runs(self) -> Sequence[Path]:
        """The folders of the other runs; none where `with` is a memory."""
        if isinstance(self.others, str):
            named = "/" in self.others or Path(self.others).is_dir()
            return [Path(self.others)] if named else []
        return [Path(str(folder)) for folder in self.others]

    def memory_form(self, name: str, overrides: Sequence[str]) -> Form:
        """What conf/ has of the memory and of this blending, and the values that are tried.

        Raises:
            Mistake: conf/ does not have one of them.
        """
        groups = {"memory": self.others, "blending": name}
        chosen = [f"{group}={option}" for group, option in groups.items()]
        with (
            renamed("^memory must", "with must"),
            renamed(re.escape(chosen[0]), lambda _: f"with={self.others}"),
            renamed(re.escape(chosen[1]), lambda _: f"forms=[{name}]"),
        ):
            config = resolve(compose_with_hydra([*search_path(overrides), *chosen], "evaluate"))
        tries = {
            f"{group}.{option}": values
            for group in reversed(groups)
            for option, values in self.tries.get(groups[group], {}).items()
        }
        names = {group: f"tries.{option}" for group, option in groups.items()}
        return Form({group: config[group] for group in groups}, tries, names)

    def pooling(self, name: str) -> dict[str, Any]:
        """The config of this way in which the scores of several runs become one.

        Raises:
            Mistake: there is none of this name.
        """
        rule = f"forms must be of {', '.join(self.ensemble)} with other runs"
        require(name in self.ensemble, rule, name)
        return {**self.ensemble[name]}
