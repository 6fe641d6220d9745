"""The files of conf/, before Hydra composes them: an alias can make gigabytes of a few lines."""

from pathlib import Path

import yaml

from bam.errors import Mistake
from bam.system.strict_yaml import DEEPEST, load_yaml


def check_conf(folder: Path) -> None:
    """Refuse a file of conf/ that is no UTF-8, or that has aliases or levels and is no strict YAML.

    All other files are left to Hydra.

    Raises:
        Mistake: it names the file.
    """
    for path in sorted(folder.rglob("*.yaml")):
        try:
            text = path.read_text("utf-8")
            if ("&" in text and "*" in text) or text.count("[") + text.count("{") > DEEPEST:
                load_yaml(text)
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise Mistake(f"{path}: cannot be read ({error}); correct it") from None
