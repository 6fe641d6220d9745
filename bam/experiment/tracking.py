"""The chosen trackers, as one."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bam.errors import require
from bam.experiment.instantiate import components
from bam.records import Track


@contextmanager
def tracking(nodes: Mapping[str, Any], folder: Path) -> Iterator[Track]:
    """Tells every tracker; however the run ends, they are closed.

    Raises:
        Mistake: a tracker that cannot start, or no jsonl among them.
    """
    require("jsonl" in nodes, "tracker must hold jsonl: tables and reports read it", list(nodes))
    with ExitStack() as opened:
        trackers = components(nodes, "tracker", folder=str(folder))
        tracks = [opened.enter_context(tracker) for tracker in trackers.values()]

        def track(record: dict) -> None:
            for each in tracks:
                each(record)

        yield track
