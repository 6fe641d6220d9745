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


def test_the_names_of_the_python_example_are_public():
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)]
    names = {node.attr for node in nodes if ast.unparse(node.value) == "bam"}
    assert names and names <= set(bam.__all__)
