"""All pages of a board, written from what is stored."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

from bam.results.board.files import Stored
from bam.results.board.html import html
from bam.results.board.overview import overview, picture
from bam.results.board.page import page
from bam.results.board.plan import PROTOCOLS, Method
from bam.results.board.ranking import ranking
from bam.results.board.rows import Row, rows_of
from bam.results.report.figure.critical_difference import rank_figure
from bam.results.report.style import RC
from bam.system.files import replacing, write_text


def write_pages(folder: Path, stored: Stored, methods: Sequence[Method]) -> list[Path]:
    """Write index.md, a page a data set, board.html, and the diagrams; those without data go."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = rows_of(stored, methods)
    texts = pages(rows)
    for name, text in texts.items():
        write_text(folder / name, text)
    return [*(folder / name for name in texts), *_draw(folder, rows)]


def pages(rows: Sequence[Row]) -> dict[str, str]:
    """The texts by the name of their file."""
    data = dict.fromkeys(row.data for row in rows)
    by_data = {f"{name}.md": page(name, rows) for name in data}
    return {"index.md": overview(rows), **by_data, "board.html": html(rows)}


def _draw(folder: Path, rows: Sequence[Row]) -> list[Path]:
    written = []
    for protocol in PROTOCOLS:
        path, found = folder / picture(protocol), ranking(rows, protocol)
        if found is None or not found.is_drawn:
            path.unlink(missing_ok=True)
            continue
        with (
            matplotlib.rc_context({**RC, "svg.hashsalt": path.stem}),
            replacing(path) as unfinished,
        ):
            rank_figure(found.found).savefig(unfinished, format="svg", metadata={"Date": None})
        written.append(path)
    return written
