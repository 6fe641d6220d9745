"""Ids of users and items on the command line: the text that was typed, no number and no switch."""

import re
from collections.abc import Sequence

from hydra.core.override_parser.types import Quote, QuotedString

from bam.errors import require
from bam.run.override import Override

IDS = ("users", "history")  # options that are lists of ids
ALL = "all"  # users=all; users=[all] is a user with that id
ID = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^,]*?))\s*(,|$)""", re.DOTALL)
QUOTED, TYPED, END = (1, 2), 3, 4  # groups of ID


def quote_ids(arguments: Sequence[str]) -> list[str]:
    """The arguments, with quotes around each id: 007, 1e5 and true stay as they are.

    Commas separate ids; one that has a comma, or space at an end, has quotes. Brackets around the
    list may be left out.

    Raises:
        Mistake: an id is empty.
    """
    return [_quote(text) for text in arguments]


def _quote(text: str) -> str:
    override = Override.parse(text)
    typed = override.value.strip()
    if override.key not in IDS or "=" not in text or (override.key, typed) == ("users", ALL):
        return text
    listed = typed.startswith("[") and typed.endswith("]")
    ids = read_ids(typed[1:-1] if listed else typed)
    require(all(ids), f"{override.key} must be ids between commas, none of them empty", typed)
    return f"{override.sign}{override.key}=[{','.join(map(_quoted, ids))}]"


def read_ids(text: str) -> list[str]:
    """The ids between commas; in quotes a backslash is before a quote or a backslash of the id."""
    found: list[str] = []
    place = 0 if text.strip() else len(text) + 1
    while place <= len(text):
        match = ID.match(text, place)
        assert match  # an id may be empty
        quoted = [match[group] for group in QUOTED if match[group] is not None]
        found.append(re.sub(r"""\\(["'\\])""", r"\1", quoted[0]) if quoted else match[TYPED])
        place = match.end() + (not match[END])
    return found


def _quoted(text: str) -> str:
    """In Hydra's quotes, and so that OmegaConf takes `${` for two letters."""
    plain = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    return str(QuotedString(text=plain, quote=Quote.single).with_quotes())
