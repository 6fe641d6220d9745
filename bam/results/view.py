"""What a reader wants to see of finished runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class View:
    """The options of tables and reports."""

    # a condition on it, such as selection: hard, with values or what is typed for them; empty: no
    # comparison
    baseline: Mapping[str, Any]
    metric: str  # what is compared; empty: ndcg@10, or else the first that the runs hold
    columns: list[
        str
    ]  # metrics to show, recall for recall at all cutoffs; empty: a readable choice
    published: list[str]  # names in bam.results.published
    # columns besides: names in bam.results.figures, or more metrics
    others: Sequence[str] = ()
