"""The page: one file that needs no other."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bam.results.render.sheet import Sheet
from bam.results.report.picture import Picture

TEMPLATE = Path(__file__).parent / "template"


def page(
    name: str,
    states: Mapping[str, int],
    tables: Mapping[str, Sheet],
    sections: Mapping[str, list[tuple[Picture, str]]],
    failures: Mapping[str, str],
) -> str:
    """HTML with its style, its script and its figures, each beside its picture, inside."""
    loader = FileSystemLoader(TEMPLATE)
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        name=name,
        states=states,
        tables=tables,
        sections=sections,
        failures=failures,
        svg=Markup,
        style=Markup((TEMPLATE / "page.css").read_text("utf-8")),
        script=Markup((TEMPLATE / "page.js").read_text("utf-8")),
    )
