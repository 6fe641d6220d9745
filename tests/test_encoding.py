"""No file depends on the machine's language: each text is opened as UTF-8 or ASCII."""

import ast

from tests.conftest import ROOT

CALLS = ("read_text", "write_text", "open", "FileHandler")
KNOWN = ("'utf-8'", "'utf-8-sig'", "'ascii'", "'rb'", "'wb'", "'ab'", "'r+b'")
# what they give is bytes, or UTF-8
NO_TEXTS = ("part", "self", "replace", "gzip", "OPENER", "archive", "films", "items", "Image",
            "importlib.metadata.distribution")  # fmt: skip


def bare(tree):
    """The line of each call that opens a text without an encoding."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        is_method = isinstance(call.func, ast.Attribute)
        name = call.func.attr if is_method else getattr(call.func, "id", "")
        owner = ast.unparse(call.func.value).partition("(")[0] if is_method else ""
        texts = [ast.unparse(part) for part in [*call.args, *call.keywords]]
        known = any(part in KNOWN or part.startswith("encoding=") for part in texts)
        if name in CALLS and (is_method or name == "open") and owner not in NO_TEXTS and not known:
            yield call.lineno, ast.unparse(call)


def test_every_text_is_opened_with_its_encoding():
    for folder in ("bam", "scripts"):
        for path in (ROOT / folder).rglob("*.py"):
            found = list(bare(ast.parse(path.read_text("utf-8"))))
            assert not found, f"{path}: {found}"
