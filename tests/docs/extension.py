"""The package of docs/extend.md, written and found as an installed one is."""

import re
from pathlib import Path

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "extend.md").read_text()
FILES = dict(
    re.findall(r"^`(mine/[\w/.]+)`\n```\w+\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
)
POINT = "[bam.conf]\nmine = mine.conf\n"
METADATA = "Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n"


def write_package(folder: Path, installed: bool = True) -> Path:
    """Write every file of the page below the folder; with what an installation adds."""
    for name, text in {"mine/__init__.py": "", "mine/conf/__init__.py": "", **FILES}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if installed:
        info = folder / "mine-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA)
        (info / "entry_points.txt").write_text(POINT)
        (info / "RECORD").write_text(
            "".join(f"{name},,\n" for name in ["mine/__init__.py", *FILES])
        )
    return folder


def chosen() -> list[tuple[str, str]]:
    """The group and the name of every option on the page."""
    paths = [Path(name) for name in FILES if name.endswith(".yaml")]
    return [(path.parent.name, path.stem) for path in paths]
