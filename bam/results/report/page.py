"""The page: one file that needs no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bam.results.render.sheet import CHOSEN, Sheet
from bam.results.report.overview import Overview
from bam.results.report.picture import Drawn

TEMPLATE = Path(__file__).parent / "template"


@dataclass(frozen=True)
class Table:
    """A table of the page."""

    sheet: Sheet
    csv: str  # the address of the same as CSV
    named: bool  # the first column has the words of all others; narrow screens show it alone


def page(
    name: str,
    overview: Overview,
    states: Mapping[str, int],
    tables: Mapping[str, Table],
    sections: Mapping[str, list[Drawn]],
    failures: Mapping[str, str],
) -> str:
    """HTML with its style, its script, its figures and their files inside."""
    return (
        environment(TEMPLATE)
        .get_template("page.html")
        .render(
            name=name,
            overview=overview,
            states=states,
            tables=tables,
            sections=sections,
            failures=failures,
            mark=CHOSEN,
            svg=Markup,
            style=Markup((TEMPLATE / "page.css").read_text("utf-8")),
            script=Markup((TEMPLATE / "page.js").read_text("utf-8")),
        )
    )


def environment(folder: Path) -> Environment:
    """Jinja with the templates of a folder: what is missing is an error, and text stays text."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
