"""Names that strangers chose are shown, and nothing executes them."""

import csv
import io
import json
from dataclasses import replace

import polars as pl
import pytest
from rich.console import Console

from bam.results.collect import collect
from bam.results.render.latex import latex
from bam.results.render.markdown import markdown
from bam.results.render.sheet import Cell, Sheet
from bam.results.render.spreadsheet import read_csv, write_csv
from bam.results.render.terminal import terminal
from bam.results.report.report import report
from bam.results.view import View

FORMULAS = [
    "=cmd|'/c calc'!A0",
    "+1+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "'=1",
    "'",
]
PLAIN = ["remi", "a=b", "", "x\n=1", 'a "b", c']
VIEW = View({}, "ndcg@10", [], [])


def test_no_text_in_a_csv_is_a_formula_and_it_is_read_back_as_it_was(tmp_path):
    names = pl.DataFrame({"=name": FORMULAS + PLAIN, "n": range(len(FORMULAS + PLAIN))})
    write_csv(names, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert [head[0], *(row[0] for row in rows)] == [
        "'=name", *("'" + name for name in FORMULAS), *PLAIN]  # fmt: skip
    assert read_csv(tmp_path / "t.csv").equals(names)


def test_numbers_below_zero_stay_numbers(tmp_path):
    write_csv(pl.DataFrame({"x": [-1.5, 2.0]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "x\n-1.5\n2.0\n"


def test_every_table_of_runs_has_strange_names_without_their_effect(finished, tmp_path):
    finished("a", choices={"dataset": "=cmd()", "backbone": "a\n\\input{x}|b", "selection": "[/x]"})
    folder = finished("b", choices={"dataset": "=cmd()", "backbone": "\x1b[2J"}, selection__tau=3)
    results = json.loads((folder / "results.json").read_text())
    results.update(status="failed", error="[bold]\u202e=1")
    (folder / "results.json").write_text(json.dumps(results))
    collected = collect(tmp_path, VIEW)
    collected.write(tmp_path)
    found = read_csv(tmp_path / "results.csv")
    assert found["dataset"].to_list() == ["=cmd()"] * 2 and "'=cmd()" in (
        tmp_path / "results.csv").read_text()  # fmt: skip
    lines = (tmp_path / "results.md").read_text().splitlines()
    assert [line.count(" | ") for line in lines[:4]] == [lines[0].count(" | ")] * 4
    assert r"a \\input{x}\|b" in "".join(lines)


def test_a_terminal_shows_strange_names_without_their_effect():
    console = Console(width=80, file=(out := io.StringIO()), force_terminal=True)
    console.print(terminal(sheet("[bold]x[/x]\x1b[2J", "[/y]\x1b[2J"), 80))
    assert "[bold]x[/x] [2J" in out.getvalue() and "[/y]" in out.getvalue()
    assert "\x1b[2J" not in out.getvalue()


def sheet(text, note=""):
    return Sheet([text], 1, [[Cell(text, text)], [Cell("x", "x", "best")]], [note])


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\u2028b", "a\x0bb", "a\x00b"])
def test_a_row_stays_one_row(text):
    for render in (markdown, latex):
        assert len(render(sheet(text, text)).splitlines()) == len(
            render(sheet("a", "a")).splitlines()
        )


def test_a_comment_of_latex_cannot_be_left_and_a_note_is_no_command():
    strange = "note\n\\input{/etc/passwd}"
    lines = latex(replace(sheet("x", strange), hints=(strange,))).splitlines()
    found = [line for line in lines if "input" in line]
    assert found[0] == r"% note \input{/etc/passwd}"
    assert all(r"\textbackslash{}input\{" in line for line in found[1:]) and len(found) == 2


@pytest.mark.parametrize(
    ("text", "escaped"), [("[9cm]x", "{[}9cm]x"), ("*x", "{*}x"), (r"\a%", r"\textbackslash{}a\%")]
)
def test_a_name_is_no_command_of_latex(text, escaped):
    assert escaped in latex(sheet(text))


def test_a_name_is_no_image_and_no_tag_of_markdown():
    text = markdown(sheet("![x](https://example.org/seen) <img src=x>"))
    assert r"![x]\(https" in text and r"\<img" in text


@pytest.mark.parametrize(
    "name", ["results.csv", "results.md", "results.tex", "results.md.partial", "report/report.html"]
)
def test_a_table_replaces_a_link_and_never_writes_what_it_leads_to(finished, tmp_path, name):
    finished("a")
    (tmp_path / "precious").write_text("mine")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).symlink_to(tmp_path / "precious")
    report(tmp_path, VIEW, tmp_path)
    collect(tmp_path, VIEW).write(tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / name).is_symlink()
