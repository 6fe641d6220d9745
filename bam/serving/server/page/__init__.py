"""The page of the server: one text that needs nothing but the server itself."""

import base64
import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent


def page() -> tuple[str, str]:
    """The page, and its Content-Security-Policy: its own style and script, and this server."""
    style, script = ((FOLDER / name).read_text("utf-8") for name in ("page.css", "page.js"))
    frame = (FOLDER / "page.html").read_text("utf-8")
    text = frame.replace("/* style */", style).replace("/* script */", script)
    policy = (
        f"default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors 'none'; "
        f"style-src {_allowed(style)}; script-src {_allowed(script)}"
    )
    return text, policy


def _allowed(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"
