"""A figure with its words, as files and as a part of a page."""

import base64
import hashlib
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from bam.results.report.style import INK, PAPER
from bam.system.files import replacing

log = logging.getLogger(__name__)
KINDS = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
DPI = 200
LONGEST = 80  # letters of a file name
NO_GLYPH = r"Glyph \d+ .*missing from font"
COLOURS = 64  # of a PNG, which a figure does not exceed by much: a quarter of the size


@dataclass(frozen=True)
class Picture:
    """A figure with its file name, its title, a caption that explains it, and its data in words."""

    name: str
    title: str
    caption: str
    alt: str
    figure: Figure


@dataclass(frozen=True)
class Drawn:
    """A picture as a page shows it, and as the files that a page holds."""

    picture: Picture
    inline: str  # SVG in the colours of the page
    files: dict[str, str]  # by kind, such as svg: the file as an address that begins with data:


@contextmanager
def missing_letters_in_one_sentence() -> Iterator[None]:
    """Warn once of the letters that matplotlib's font lacks, and not of each in every figure."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", NO_GLYPH, UserWarning)
        yield
    lacking = [one for one in caught if re.match(NO_GLYPH, str(one.message))]
    for one in caught:
        if one not in lacking:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if lacking:
        log.warning(
            "names have letters that the font of figures lacks: PNG and PDF show boxes, "
            "and SVG and the page show the letters"
        )


def draw(picture: Picture, folder: Path) -> Drawn:
    """Write NAME.png, NAME.svg and NAME.pdf."""
    figure = picture.figure
    figure.set_dpi(DPI)
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)  # once, and not again for each kind
    figure.set_layout_engine("none")
    files = {kind: _file(picture, kind) for kind in KINDS}
    for kind, content in files.items():
        with replacing(folder / f"{picture.name}.{kind}") as unfinished:
            unfinished.write_bytes(content)
    addresses = {kind: _address(KINDS[kind], content) for kind, content in files.items()}
    return Drawn(picture, _inline(files["svg"].decode()), addresses)


def _file(picture: Picture, kind: str) -> bytes:
    """The figure as it is laid out; savefig would lay it out again for each kind."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": picture.name}):  # ids that differ between figures
        if kind == "svg":
            FigureCanvasSVG(picture.figure).print_svg(buffer, metadata={"Date": None})
        elif kind == "pdf":
            FigureCanvasPdf(picture.figure).print_pdf(buffer, metadata={"CreationDate": None})
        else:
            _write_png(picture.figure, buffer)
    return buffer.getvalue()


def _write_png(figure: Figure, to: io.BytesIO) -> None:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    image.quantize(COLOURS).save(to, "png", dpi=(DPI, DPI))


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _inline(text: str) -> str:
    inside = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    return inside.replace(PAPER, "none").replace(INK, "currentColor")


def file_name(*parts: str) -> str:
    """Words as the name of a file, no longer than a disk allows; other words have another name."""
    words = "-".join(parts)
    plain = re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").lower()
    digits = hashlib.sha256(words.encode()).hexdigest()[:8]
    is_plain = all(re.fullmatch(r"[a-z0-9_@., ]*", part) for part in parts)
    return plain if is_plain and len(plain) <= LONGEST else f"{plain[:LONGEST]}_{digits}"
