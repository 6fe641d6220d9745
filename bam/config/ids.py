"""Ids of users and items on the command line: the text that was typed, no number and no switch."""

import re
from collections.abc import Sequence

from hydra.core.override_parser.types import Quote, QuotedString

from bam.run.override import Override

IDS = ("users", "history")  # options that are lists of ids
ID = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^,]*?))\s*(?:,|$)""")


def quote_ids(arguments: Sequence[str]) -> list[str]:
    """The arguments, with quotes around each id: 007, 1e5 and true stay as they are.

    Ids are separated by commas; one with a comma has quotes.
    """
    return [_quote(text) for text in arguments]


def _quote(text: str) -> str:
    override = Override.parse(text)
    if override.key not in IDS or "=" not in text:
        return text
    typed = override.value.strip()
    listed = typed.startswith("[") and typed.endswith("]")
    found = [_quoted(each) for each in (read_ids(typed[1:-1]) if listed else [typed]) if each]
    value = f"[{','.join(found)}]" if listed else "".join(found)
    return f"{override.sign}{override.key}={value}"


def read_ids(text: str) -> list[str]:
    """The ids between commas."""
    return [re.sub(r"\\(.)", r"\1", "".join(parts)) for parts in ID.findall(text) if any(parts)]


def _quoted(text: str) -> str:
    return str(QuotedString(text=text, quote=Quote.single).with_quotes())
