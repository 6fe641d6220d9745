"""The whole board as one HTML file that needs no other."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from bam.results.board.cells import HALF, HEAD, PUBLISHED, RUN, WORDS, lines_of
from bam.results.board.plan import PROTOCOLS
from bam.results.board.rows import Row
from bam.results.report.page import TEMPLATE as SHARED
from bam.results.report.page import environment

TEMPLATE = Path(__file__).parent / "template"
MENUS = ("data", "users", "kind", "state")  # columns with a menu of their values


def html(rows: Sequence[Row]) -> str:
    """The page, with its style and its script inside."""
    lines = lines_of(rows)
    places = {name: WORDS.index(name) for name in MENUS}
    values = {
        name: list(dict.fromkeys(line[place].text for line in lines if line[place].text))
        for name, place in places.items()
    }
    page = environment(TEMPLATE).get_template("board.html")
    return page.render(
        head=HEAD,
        words=len(WORDS),
        menus={name: (place, values[name]) for name, place in places.items()},
        run=RUN,
        published=PUBLISHED,
        lines=lines,
        half=HALF,
        protocols=PROTOCOLS,
        style=_parts("page.css", "board.css"),
        script=_parts("page.js", "board.js"),
    )


def _parts(shared: str, own: str) -> Markup:
    """What the board has of a report, and its own."""
    texts = ((SHARED / shared).read_text("utf-8"), (TEMPLATE / own).read_text("utf-8"))
    return Markup("").join(map(Markup, texts))
