"""What README shows works."""

import ast
import re

import bam
from tests.conftest import ROOT
from tests.docs.test_results import PROGRAM

README = (ROOT / "README.md").read_text()


def test_readme_is_one_screen_of_each_thing():
    assert len(README.splitlines()) <= 100


def test_the_table_of_readme_has_stored_figures():
    figures = [row for row in PROGRAM["FIGURES"] if row["id"].startswith("ml100k_6000_remi")]
    stored = {PROGRAM["shown"](row) for row in figures}
    cells = re.findall(r"\.\d{4} ± \.\d{4}", README)
    assert len(cells) == 8 and set(cells) <= stored


def test_the_python_example_has_public_names_and_options_that_compose():
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    nodes = list(ast.walk(ast.parse(code)))
    names = {
        n.attr for n in nodes if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "bam"
    }
    assert names and names <= set(bam.__all__)
    (call,) = [n for n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) == "bam.train"]
    options = [ast.literal_eval(argument) for argument in call.args]
    assert bam.compose(*options)["trainer"]["max_steps"] == 1000


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    small = '"dataset=planted", "dim=8", "batch_size=16", "threads=1", "device=cpu"'
    code = code.replace('"dataset=ml100k"', small).replace("max_steps=1000", "max_steps=4")
    exec(code.replace("print(run.recommend", "table = (run.recommend"), names := {})
    assert names["table"].columns[:4] == ["item", "title", "score", "interest"]
    assert len(names["table"]) == 10 and "tensor" in capsys.readouterr().out
