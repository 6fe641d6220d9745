"""A table as LaTeX, for `\\\\usepackage{booktabs}`."""

import re
from collections.abc import Iterator

from bam.results.render.lean import without_columns, without_constants
from bam.results.render.sheet import CHOSEN, SEEDS, VALID, Cell, Sheet
from bam.results.render.symbols import SYMBOLS
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
    "τ": r"$\tau$",
    CHOSEN: r"$^{\dagger}$",
}
MINUS = re.compile(r"(?<!\w)-(?=\.?\d)")


def latex(sheet: Sheet) -> str:
    """A table with its caption and label; its other notes are below the rows.

    A column in which all rows are equal is in the caption; several data sets have a heading each.
    """
    lean = without_constants(sheet)
    in_caption = 1 + len(lean.notes) - len(sheet.notes)
    caption, notes = lean.notes[:in_caption], lean.notes[in_caption:]
    headings = [lean.rows[place][0].text for place in lean.breaks] if len(lean.breaks) > 1 else []
    table = without_columns(lean, [0]) if headings else lean
    lines = [
        *(f"% {one_line(hint)}" for hint in sheet.hints),
        r"\begin{table}",
        r"\centering\small\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{_escape(' '.join(caption))}}}",
        r"\label{tab:results}",
        rf"\begin{{tabular}}{{{'l' * table.words + 'r' * (len(table.head) - table.words)}}}",
        r"\toprule",
        *_head(table),
        *_rows(table, dict(zip(lean.breaks, headings, strict=False))),
        r"\bottomrule",
        r"\end{tabular}",
        r"\par\smallskip\footnotesize\raggedright",
        *(rf"{_escape(note)}\par" for note in notes),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _head(sheet: Sheet) -> Iterator[str]:
    """Metrics of the test users have a heading together, and those of the validation users."""
    valid = [place for place, name in enumerate(sheet.head) if name.startswith(VALID)]
    if valid:
        first = sheet.words + (SEEDS in sheet.head)
        spans = [("test users", first, valid[0]), ("validation users", valid[0], valid[-1] + 1)]
        titles = [rf"\multicolumn{{{end - start}}}{{c}}{{{title}}}" for title, start, end in spans]
        rest = len(sheet.head) - valid[-1] - 1
        yield _row([*[""] * first, *titles, *[""] * rest])
        yield "".join(rf"\cmidrule(lr){{{start + 1}-{end}}}" for _, start, end in spans)
    yield _row([_name(name.removeprefix(VALID)) for name in sheet.head])


def _rows(sheet: Sheet, headings: dict[int, str]) -> Iterator[str]:
    for place, row in enumerate(sheet.rows):
        if place == 0 or place in headings:
            yield r"\midrule"
        if place in headings:
            title = rf"\textit{{{_escape(headings[place])}}}"
            yield _row([rf"\multicolumn{{{len(sheet.head)}}}{{l}}{{{title}}}"])
        yield _row([_cell(cell) for cell in row])


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: Cell) -> str:
    if not cell.text:
        return ""
    text = STYLES[cell.style].format(_escape(cell.text.removesuffix(CHOSEN)))
    return text + rf"\rlap{{{LETTERS[CHOSEN]}}}" * cell.text.endswith(CHOSEN)


def _name(name: str) -> str:
    """A symbol of the papers is set as one."""
    text = _escape(name)
    return f"${text}$" if name in SYMBOLS.values() and "$" not in text else text


def _escape(text: str) -> str:
    letters = (LETTERS.get(letter, letter) for letter in MINUS.sub("\0", one_line(text)))
    return "".join(letters).replace("\0", "$-$")
