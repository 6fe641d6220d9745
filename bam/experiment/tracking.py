"""The chosen trackers, as one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bam.errors import require
from bam.experiment.instantiate import components
from bam.records import Track
from bam.system.torchrun import is_first_process


@contextmanager
def tracking(nodes: Mapping[str, Any], folder: Path, trust: Sequence[str] = ()) -> Iterator[Track]:
    """Gives a function that hands a line to every tracker; all are closed when the run ends.

    Only the first process opens trackers.

    Raises:
        Mistake: a tracker that cannot start, or no jsonl among them.
    """
    rule = "tracker must hold jsonl (tables and reports read it; tracker=jsonl)"
    require("jsonl" in nodes, rule, list(nodes))
    with ExitStack() as opened:
        opening = nodes if is_first_process() else {}
        trackers = components(opening, "tracker", trust, folder=str(folder))
        tracks = [opened.enter_context(tracker) for tracker in trackers.values()]

        def track(record: dict) -> None:
            for each in tracks:
                each(record)

        yield track
