"""Published figures, shown beside measured ones: one file a source."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bam.errors import require

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@dataclass(frozen=True)
class Published:
    """The figures of one source for one method on one data set."""

    method: str
    dataset: str
    figures: dict[str, float]  # by metric


@dataclass(frozen=True)
class Source:
    """Where figures come from, and how they were measured."""

    source: str
    how: str
    evaluation: str  # its option here, for the last item of every user
    rows: list[Published]


def published(name: str) -> Source:
    """The figures of a file in this folder.

    Raises:
        Mistake: there is no such file.
    """
    require(name in NAMES, f"published must be some of {', '.join(NAMES)}", name)
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    how, evaluation = content["how"], content["evaluation"]
    return Source(content["source"], how, evaluation, list(_rows(content)))


def beside(dataset: str, evaluation: str) -> dict[str, dict[str, float]]:
    """The figures of every method on this data set under this protocol, by method and metric."""
    sources = (published(name) for name in NAMES)
    rows = [row for one in sources if one.evaluation == evaluation for row in one.rows]
    return {row.method: row.figures for row in rows if row.dataset == dataset}


def _rows(content: dict) -> Iterator[Published]:
    """The rows; `same_data` names our copy of a data set, which has the same users and items."""
    ours = content.get("same_data", {})
    for method, datasets in content["figures"].items():
        for dataset, figures in datasets.items():
            by_metric = dict(zip(content["metrics"], figures, strict=True))
            for name in (dataset, *([ours[dataset]] if dataset in ours else [])):
                yield Published(method, name, by_metric)
