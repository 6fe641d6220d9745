"""The page: one file that needs no other and no network."""

import base64
import hashlib
import html
from pathlib import Path
from string import Template
from typing import Any

from bam.serving.explore.pack import json_in_html

TEMPLATE = Path(__file__).parent / "template"
SCRIPTS = (  # in this order
    *("data.js", "marks.js", "points.js", "titles.js", "draw.js", "map.js", "lanes.js"),
    *("parts.js", "tables.js", "users.js", "page.js"),
)


def page(title: str, content: dict[str, Any]) -> str:
    """HTML with its style, its scripts and its data inside.

    A browser runs and draws nothing but these: the hash of each is in the page's policy.
    """
    style = _read("page.css")
    script = "\n".join(_read(name) for name in SCRIPTS)
    return Template(_read("page.html")).substitute(
        title=html.escape(title),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        data=json_in_html(content),
    )


def _read(name: str) -> str:
    return (TEMPLATE / name).read_text("utf-8")


def _hash(text: str) -> str:
    """As a Content-Security-Policy names an inline element."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
