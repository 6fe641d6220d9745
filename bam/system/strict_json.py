"""JSON that every program reads: NaN and infinity, which JSON does not have, become null."""

import json
import math
from typing import Any


def json_text(content: Any, indent: int | None = None) -> str:
    """The content as JSON, on one line unless there is an indent."""
    return json.dumps(_finite(content), indent=indent, ensure_ascii=False, allow_nan=False)


def read_json(text: str) -> Any:
    """What the text holds; NaN and Infinity, as version 0.1 wrote them, are null here, too.

    Raises:
        ValueError: the text is no JSON.
    """
    return json.loads(text, parse_constant=lambda name: None)


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
