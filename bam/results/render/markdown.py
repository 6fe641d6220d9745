"""A table as Markdown."""

from bam.results.render.sheet import Cell, Sheet
from bam.results.render.text import one_line

STYLES = {"plain": "{}", "best": "**{}**", "published": "*{}*"}


def markdown(sheet: Sheet) -> str:
    """The table, and its notes below."""
    rule = ["---"] * sheet.words + ["---:"] * (len(sheet.head) - sheet.words)
    rows = [[_cell(cell) for cell in row] for row in sheet.rows]
    lines = [f"| {' | '.join(row)} |" for row in ([*map(escape, sheet.head)], rule, *rows)]
    return (
        "\n".join([*lines, "", *(f"{escape(note)}  " for note in (*sheet.notes, *sheet.hints))])
        + "\n"
    )


def _cell(cell: Cell) -> str:
    return STYLES[cell.style].format(escape(cell.text)) if cell.text else ""


def escape(text: str) -> str:
    """The text on one line, without any effect."""
    line = "".join(f"\\{c}" if c in "|*_<`\\" else c for c in one_line(text))
    return line.replace("](", "]\\(")  # no link or image
