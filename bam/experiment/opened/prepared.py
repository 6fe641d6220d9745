"""The data that a run's folder names: opened where they are prepared already, and never made.

The folder may come from a stranger. What its config names is no order to fetch, build or read.
"""

import logging
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bam.config.own_data import is_bams
from bam.data.dataset.build.once import MANIFEST, read_manifest
from bam.data.dataset.build.option import LOAD
from bam.errors import Mistake, require

log = logging.getLogger(__name__)


def only_prepared(node: Any, checksum: str, places: list[str]) -> dict[str, str]:
    """In place of a stored run's `dataset`: the node that loads what was prepared before.

    That is the data set with the run's checksum in one of the data folders `places`; of several,
    which have the same numbers and perhaps other ids, the one that the node names. For a run or a
    data set of a version without checksums, it is the one that the node names.

    Raises:
        Mistake: it is not prepared; the sentence has the command that prepares it.
    """
    require(isinstance(node, Mapping), "dataset must be the config of a data set", node)
    own = [folder for folder in _folders(node) if (folder / MANIFEST).is_file()]
    found = _best(_with_checksum(checksum, places), own, node) or own
    if len(found) != 1:
        place = node.get("folder") or node.get("cache")
        what = "several data sets" if found else "no data set"
        known = f", whose data have the checksum {checksum}" if checksum else ""
        raise Mistake(
            f"dataset must be prepared, and {place} holds {what} of this run{known}; make it with "
            f"`{_command(node)}`, or give its data_dir=FOLDER or another dataset=NAME"
        )
    name = node.get("name") or Path(str(node.get("path"))).stem
    return {"_target_": LOAD, "name": str(name), "folder": str(found[0])}


def _best(same: list[Path], own: list[Path], node: Mapping[str, Any]) -> list[Path]:
    """Of folders with the same checksum the run's own, or one that could be it, moved; else any."""
    ordered = sorted(same, key=lambda folder: (folder not in own, not _is_like(folder, node)))
    best = ordered[:1]
    if len(same) > 1 and not _is_like(best[0], node):
        log.warning(
            "%s have the numbers of the run's data, and perhaps other ids: %s is taken",
            " and ".join(map(str, same)),
            best[0],
        )
    return best


def _is_like(folder: Path, node: Mapping[str, Any]) -> bool:
    """Whether it has the name or, in a cache, the settings of the node's folder."""
    if "folder" in node:
        return folder.name == Path(str(node["folder"])).name
    return _agrees(_manifest(folder / MANIFEST), node)


def _with_checksum(checksum: str, places: list[str]) -> list[Path]:
    """The prepared folders with this checksum in their manifest, below these data folders."""
    patterns = (f"*/{MANIFEST}", f"*/*/{MANIFEST}")  # of a name; of a cache
    found = (p for place in places for each in patterns for p in sorted(Path(place).glob(each)))
    return [path.parent for path in found if checksum and _manifest(path).get("data") == checksum]


def _manifest(path: Path) -> dict[str, Any]:
    """A damaged manifest is one of no data set: others may be whole."""
    try:
        return read_manifest(path.parent)
    except Mistake as mistake:
        log.warning("%s", mistake)
        return {}


def _folders(node: Mapping[str, Any]) -> list[Path]:
    """Where the data set lies; in a cache, each folder whose manifest agrees with the node."""
    if "folder" in node:
        return [Path(str(node["folder"]))]
    manifests = sorted(Path(str(node.get("cache"))).glob(f"*/{MANIFEST}"))
    return [path.parent for path in manifests if _agrees(_manifest(path), node)]


def _agrees(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """Whether it was made from the same file, or drawn by the same function and options."""
    source = node.get("path", _kind(node))  # a file may have moved together with data_dir
    same_source = Path(str(manifest.get("source"))).name == Path(str(source)).name
    return same_source and all(manifest.get(key, value) == value for key, value in node.items())


def _command(node: Mapping[str, Any]) -> str:
    """How a user prepares the data set again."""
    loads = node.get("_target_") == LOAD
    if "download" in node or (loads and is_bams(str(node.get("name")), ())):
        return shlex.join(["bam", "prepare", f"dataset={node.get('name')}"])
    if loads:  # by dataset=NAME: which raw file it was is not known
        node = {"_target_": "table", "name": node.get("name"), "raw": "FILE"}
    given = {key: value for key, value in node.items() if isinstance(value, str | int | float)}
    options = [
        f"dataset.{key}={value}"
        for key, value in given.items()
        if value != "" and key not in ("_target_", "folder", "cache")
    ]
    return shlex.join(["bam", "prepare", f"dataset={_kind(node)}", *options])


def _kind(node: Mapping[str, Any]) -> str:
    return str(node.get("_target_")).rpartition(".")[2]
