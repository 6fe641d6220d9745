"""A table as LaTeX, for `\\\\usepackage{booktabs}`."""

from bam.results.render.sheet import Cell, Sheet
from bam.results.render.text import one_line

STYLES = {"plain": "{}", "best": r"\textbf{{{}}}", "published": r"\textit{{{}}}"}
LETTERS = {
    **{letter: rf"\{letter}" for letter in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "[": "{[}",  # at the beginning of a row, [ and * belong to the line break before it
    "*": "{*}",
    "<": "$<$",
    ">": "$>$",
    "±": r"$\pm$",
    "Δ": r"$\Delta$",
}


def latex(sheet: Sheet) -> str:
    """A tabular; its notes are comments above it."""
    columns = "l" * sheet.words + "r" * (len(sheet.head) - sheet.words)
    notes = [f"% {one_line(note)}" for note in sheet.notes]
    head = [
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _row([_escape(name) for name in sheet.head]),
    ]
    rows = [_row([_cell(cell) for cell in row]) for row in sheet.rows]
    lines = [*notes, *head, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: Cell) -> str:
    return STYLES[cell.style].format(_escape(cell.text)) if cell.text else ""


def _escape(text: str) -> str:
    letters = (LETTERS.get(letter, letter) for letter in one_line(text))
    return "".join(letters).replace("-.", "$-$.")
