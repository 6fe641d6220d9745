"""A figure with its words, as files and as a part of a page."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from bam.results.report.style import INK, PAPER
from bam.system.files import replacing, write_text


@dataclass(frozen=True)
class Picture:
    """A figure with its file name, its title, and a caption that explains it."""

    name: str
    title: str
    caption: str
    figure: Figure


def write_picture(picture: Picture, folder: Path) -> str:
    """Write NAME.svg and NAME.png; returns the SVG for a page, in the page's own colours."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": picture.name}):  # ids that differ between figures
        picture.figure.savefig(buffer, format="svg", metadata={"Date": None})
    with replacing(folder / f"{picture.name}.png") as unfinished:
        picture.figure.savefig(unfinished, format="png", dpi=200)
    text = buffer.getvalue()
    write_text(folder / f"{picture.name}.svg", text)
    inline = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    return inline.replace(PAPER, "none").replace(INK, "currentColor")


def file_name(*parts: str) -> str:
    """Words as the name of a file."""
    return re.sub(r"[^A-Za-z0-9]+", "_", "-".join(parts)).strip("_").lower()
