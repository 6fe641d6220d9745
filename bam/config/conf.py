"""The folder conf/, and its files before Hydra composes them."""

from pathlib import Path

import yaml

from bam.errors import Mistake
from bam.system.strict_yaml import DEEPEST, load_yaml

PACKAGE = Path(__file__).parents[1]
# of the installed package, or of the repository
CONF = PACKAGE / "conf" if (PACKAGE / "conf").is_dir() else PACKAGE.parent / "conf"

SWEEPS = ("train", "search")  # programs that run several points
# options whose value is a path, or becomes a part of one
PATHS = (
    *("run", "against", "checkpoint", "data_dir", "name", "output", "scratch", "compare"),
    *("histories", "raw", "titles", "to", "with"),
    *("dataset.raw", "dataset.path", "dataset.catalogue", "dataset.titles"),
    *("dataset.folder", "dataset.cache"),
    *("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir"),
)


def check_conf(folder: Path) -> None:
    """Refuse a file of conf/ that is no UTF-8, or that has aliases or levels and is no strict YAML.

    An alias can make gigabytes of a few lines. All other files are left to Hydra.

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
