"""The config.yaml of a run.

Its first line is its format. Version 0.1 wrote none, which is format 1; version 0.2 writes format
6, and wrote 2 to 5 before it had all its options. The promise: every format is read by all versions
0.x and 1.x, and a later version that stops reading one is announced in CHANGELOG.md a major version
before.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bam.errors import Mistake, require
from bam.run.files import read, write_yaml
from bam.run.identity import fingerprint
from bam.run.migrate import migrate
from bam.system.failure import one_line

FORMAT = 6


def read_config(path: Path) -> dict[str, Any]:
    """The config of a run, as a config of this version, but for `trust`: a file grants none.

    Raises:
        Mistake: the file is damaged, of a newer version, or no config of its format.
    """
    config: Any = read(path)
    require(isinstance(config, dict), f"{path} must be the config of a run", config)
    version = config.pop("format", 1)
    if version not in range(1, FORMAT + 1):
        raise Mistake(
            f"{path}: format must be at most {FORMAT}, got {version!r}; "
            "a newer version of bam wrote this run, and can read it"
        )
    config.pop("trust", None)  # whoever builds its parts gives the packages that the user trusts
    if version == FORMAT:
        return config
    try:
        return migrate(config)
    except Mistake:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # a value of another kind
        reason = f"{type(error).__name__}: {one_line(error)}"
        raise Mistake(f"{path} must be the config of a run ({reason}); restore it") from error


def is_unchanged(path: Path, results: Mapping[str, Any]) -> bool:
    """Whether the config is the one that a run with these results was trained with."""
    written = read(path)
    written.pop("format", None)
    return bool(results.get("fingerprint") == fingerprint(written))  # of its own version's options


def write_config(path: Path, config: Mapping[str, Any]) -> None:
    """Write the config of a run; its first key is the format, which is no option."""
    write_yaml(path, {"format": FORMAT, **config})
