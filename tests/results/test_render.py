"""A sheet as LaTeX and on terminals of several widths."""

import io
import re
import shutil
import subprocess

import pytest
from rich.console import Console

from bam.results.render.latex import latex
from bam.results.render.lean import without_constants
from bam.results.render.sheet import Cell, Sheet
from bam.results.render.terminal import terminal
from bam.results.render.text import p_statement

HEAD = [
    "dataset",
    "backbone",
    "τ",
    "seeds",
    "recall@10",
    "ndcg@10",
    "valid ndcg@10",
    "Δ [95 %]",
    "p",
]
DOCUMENT = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n%s\\end{document}\n"


def row(dataset, tau, seeds="2", best=False, mark=""):
    figures = [Cell(".1000 ± .0200", 0.1, "best" if best else "plain"), Cell(".2000 ± .0200", 0.2)]
    gain = [Cell("-.0100 [-.0200, -.0010]", -0.01), Cell("< .001", 0)]
    words = [Cell(text, text) for text in (dataset, "comirec_sa", tau, seeds)]
    return [*words, *figures, Cell(f".3000 ± .0200{mark}", 0.3), *gain]


def of(*rows, breaks=(0,)):
    important = ("ndcg@10", "valid ndcg@10", "Δ [95 %]", "p")
    return Sheet(
        HEAD, 3, list(rows), ["Test users.", "50 % of a_b."], breaks, important, ("--more",)
    )


ONE = of(row("ml1m", "1", best=True), row("ml1m", "2", mark="†"))
TWO = of(row("ml1m", "1"), row("ml1m", "2"), row("a_b", "1"), row("a_b", "2"), breaks=(0, 2))


def test_columns_in_which_all_rows_are_equal_are_in_the_caption():
    text = latex(ONE)
    caption = r"\caption{In all rows: dataset ml1m, backbone comirec\_sa, seeds 2. Test users.}"
    assert caption in text and r"\label{tab:results}" in text
    assert text.count("ml1m") == 1 and r"\begin{tabular}{lrrrrr}" in text


@pytest.mark.parametrize(
    ("p", "text"),
    [(1e-30, "p < .001"), (0.00149, "p = .001"), (0.04999, "p = .04999"), (0.3, "p = .300")],
)
def test_no_probability_is_printed_as_zero_or_on_the_wrong_side_of_5_percent(p, text):
    assert p_statement(p) == text


def test_figures_that_are_equal_stay():
    assert without_constants(ONE).head == ["τ", *HEAD[4:]]


def test_a_symbol_is_math_a_minus_is_one_and_the_mark_takes_no_room():
    text = latex(ONE)
    assert r"$\tau$ & recall@10 & ndcg@10 & ndcg@10 & $\Delta$ {[}95 \%] & p \\" in text
    assert r"$-$.0100 {[}$-$.0200, $-$.0010] & $<$ .001" in text
    assert r".3000 $\pm$ .0200\rlap{$^{\dagger}$}" in text


def test_users_have_a_heading_each():
    heads = r" & \multicolumn{2}{c}{test users} & \multicolumn{1}{c}{validation users} &  &  \\"
    assert heads + "\n" + r"\cmidrule(lr){2-3}\cmidrule(lr){4-4}" in latex(ONE)


def test_several_data_sets_have_a_rule_and_a_heading_each():
    text = latex(TWO)
    for name in ("ml1m", r"a\_b"):
        assert "\\midrule\n" + rf"\multicolumn{{6}}{{l}}{{\textit{{{name}}}}} \\" in text
    assert text.count(r"\midrule") == 2 and "dataset" not in text


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no LaTeX")
@pytest.mark.parametrize("sheet", [ONE, TWO, of(row("ml1m", "1"))])
def test_latex_compiles(sheet, tmp_path):
    (tmp_path / "t.tex").write_text(DOCUMENT % latex(sheet))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


def drawn(sheet, width):
    console = Console(width=width, file=(out := io.StringIO()))
    console.print(terminal(sheet, width))
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("sheet", [ONE, TWO])
def test_a_terminal_shows_every_important_figure_whole_at_any_width(sheet, width):
    text = drawn(sheet, width)
    assert max(map(len, text.splitlines())) <= width
    for figure in (".2000 ± .0200", ".3000 ± .0200", "-.0100 [-.0200, -.0010]", "< .001"):
        assert text.count(figure) == len(sheet.rows)


def test_what_has_no_room_is_named():
    assert "results.md has recall@10, too wide for 60 characters." in drawn(ONE, 60)
    assert "too wide" not in drawn(ONE, 120)


def test_words_that_are_too_wide_share_a_column():
    narrow = re.sub(r"\s+", " ", drawn(TWO, 40))
    assert "configuration" in narrow and "ml1m, τ 1" in narrow


@pytest.mark.parametrize(("width", "words"), [(80, "τ"), (12, "configur")])
def test_runs_of_which_none_has_finished_have_a_table_of_words(width, words):
    sheet = Sheet(HEAD[:3], 3, [row("ml1m", "1")[:3], row("a_b", "2")[:3]], [], (0,), (), ())
    text = drawn(sheet, width)
    assert words in text and "ml1m" in text and "results.md" not in text


def test_no_word_is_cut_where_all_fits():
    assert "…" not in drawn(TWO, 120) and "comirec_sa" in drawn(of(row("ml1m", "1")), 120)
