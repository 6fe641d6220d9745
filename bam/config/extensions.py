"""Folders like conf/ of other packages: their options come beside bam's own.

A package declares its folder as an entry point `bam.conf`, or the command line names it in
`hydra.searchpath`. To find an option imports nothing: the code of a package is executed only where
`trust` names it.
"""

import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import yaml

from bam.config.conf import CONF
from bam.errors import require
from bam.run.override import Override
from bam.run.packages import folders

GROUP = "bam.conf"
SEARCH_PATH = "hydra.searchpath"


def conf_folders(arguments: Sequence[str] = ()) -> list[Path]:
    """Every folder with options, bam's first; with those that `hydra.searchpath` names here.

    Raises:
        Mistake: an installed package declares a folder that it does not have, or a named one does
            not exist.
    """
    return [CONF, *_named(arguments), *installed_folders()]


def find_options(pattern: str, folders: Sequence[Path]) -> list[Path]:
    """The files of `GROUP/NAME.yaml` in these folders; of two with one name, the first."""
    found = [(path.relative_to(each), path) for each in folders for path in each.glob(pattern)]
    return [path for _, path in sorted(dict(reversed(found)).items())]


def installed_folders() -> list[Path]:
    """The folders that installed packages declare as entry points of the group `bam.conf`."""
    found = []
    for value, name in _points(tuple(sys.path)):
        here = _find(value)
        rule = f"the entry point {name} of {GROUP} must be a package's folder of YAML files"
        require(bool(here), rule, value)
        found += here
    return found


@cache  # a program looks for them several times, and each time reads what every package declares
def _points(path: tuple[str, ...]) -> list[tuple[str, str]]:
    """Value and name of each entry point of the packages on this path, which is Python's."""
    return sorted((point.value, point.name) for point in entry_points(group=GROUP))


def search_path(arguments: Sequence[str]) -> list[str]:
    """The options that name folders of other packages: another config needs them, too."""
    return [text for text in arguments if Override.parse(text).key == SEARCH_PATH]


def _named(arguments: Sequence[str]) -> list[Path]:
    """Those of `hydra.searchpath=[pkg://mine.conf,file:///mine/conf]`; Hydra refuses the others."""
    texts: list[str] = []
    for override in map(Override.parse, search_path(arguments)):
        value = yaml.safe_load(override.value)
        texts += value if isinstance(value, list) else [value]
    return [folder for text in texts for folder in _of_search_path(str(text))]


def _of_search_path(text: str) -> list[Path]:
    kind, _, place = text.rpartition("://")
    found = _find(place.replace("/", ".")) if kind == "pkg" else [Path(place)]
    require(bool(found) and found[0].is_dir(), f"{SEARCH_PATH} must name folders that exist", text)
    return found


def _find(dotted: str) -> list[Path]:
    """The folder of `package.folder`, found without importing the package."""
    package, *rest = dotted.split(".")
    return [path for folder in folders(package) if (path := folder.joinpath(*rest)).is_dir()]
