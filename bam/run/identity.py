"""What identifies a run: its config and the code that its numbers depend on."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
CHOICES = ("dataset", "backbone", "selection", "loss")  # the groups that name an experiment
APART = ("name", "any_code")  # what makes no other experiment


def fingerprint(config: Mapping[str, Any]) -> str:
    """Hash of a resolved config, without what makes no other experiment."""
    content = {key: value for key, value in config.items() if key not in (*APART, "hydra")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@cache
def code() -> str:
    """Hash of every Python file of the package: equal for equal code, committed or not."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]
