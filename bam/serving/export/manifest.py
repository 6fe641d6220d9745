"""What an export is, in export.json."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bam.errors import Mistake, require
from bam.serving.export.files import MANIFEST, REMEDY, check_file, is_export
from bam.system.files import write_text
from bam.system.strict_json import json_text, read_json

FORMAT = 3  # raise it when the files change
KINDS: dict[str, type] = {  # of values; any other is a mapping
    "data": str,
    "checksum": str,
    "num_items": int,
    "dim": int,
    "num_interests": int,
    "history_length": int,
    "histories": bool,
}


@dataclass(frozen=True)
class Manifest:
    """Sizes, the config of the model, and what was measured."""

    data: str  # the name of the data set
    checksum: str  # of the data set
    num_items: int  # V
    dim: int  # D
    num_interests: int  # K
    history_length: int  # the encoder sees the last items of a history, at most these
    model: dict[str, Any]  # config of the backbone, similarity, aggregation, memory and blending
    index: dict[str, Any]  # config of the index
    histories: bool  # whether it holds the users' histories and the items' counts
    made: dict[str, Any]  # date, version and commit of bam, command, run
    measured: dict[str, Any]  # the index beside exact ranking

    def __post_init__(self) -> None:
        for key in ("num_items", "dim", "num_interests", "history_length"):
            require(getattr(self, key) >= 1, f"{key} must be at least 1", getattr(self, key))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write export.json, its format first."""
    content = {"format": FORMAT, **asdict(manifest)}
    content["model"] = _infinity_as_text(manifest.model)
    write_text(folder / MANIFEST, f"{json_text(content, indent=2)}\n")


def _infinity_as_text(value: Any) -> Any:
    """JSON has no infinity; an option that may be infinite takes the text inf, too."""
    if isinstance(value, Mapping):
        return {key: _infinity_as_text(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_infinity_as_text(part) for part in value]
    return "inf" if value == math.inf else value


def read_manifest(folder: Path) -> Manifest:
    """What the export is.

    Raises:
        Mistake: the folder is no export, its manifest is damaged, or of a newer version.
    """
    path = folder / MANIFEST
    require(is_export(folder), f"run must be the folder of an export, with {MANIFEST}", str(folder))
    check_file(path)
    try:
        content = read_json(path.read_text("utf-8"))
        return _manifest(content)
    except (ValueError, RecursionError) as error:
        raise Mistake(f"{path}: {error}; {REMEDY}") from error


def _manifest(content: Any) -> Manifest:
    """The manifest of what a JSON file holds."""
    require(isinstance(content, Mapping), "must be a mapping", content)
    version = content.get("format")
    require(version == FORMAT, f"format must be {FORMAT}, that of this version of bam", version)
    values = {field.name: content.get(field.name) for field in fields(Manifest)}
    for name, value in values.items():
        kind = KINDS.get(name, dict)
        require(type(value) is kind, f"{name} must be {kind.__name__}", value)
    return Manifest(**values)
