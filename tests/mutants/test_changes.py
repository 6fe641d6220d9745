"""Which mistakes are made on purpose."""

from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.mutants.changes import mutants

EQUIVALENT = yaml.safe_load(Path(__file__).with_name("equivalent.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("y = a < b", ["a <= b"]),
        ("y = a <= b < 1", ["a < b < 1", "a <= b <= 1", "2"]),
        ("y = x.sort(stable=True)", ["x.sort()", "x", "False"]),
        ("y = x.mean(1)", ["x.sum(1)", "x", "2"]),
        ("y = torch.arange(2)", ["3"]),
        ("if a and not b: f(a)", ["(a or not b)", "(b)", "pass"]),
        ("raise Mistake(f'{n - 1}')", []),
        ("log.info('%d', n + 1)", []),
        ("def f(x: int) -> 'B 1': 'of 1'", []),
        ("x = 'Järvelin' * n", ["('Järvelin' / n)"]),
    ],
)
def test_one_place_is_changed_at_a_time(source, changes):
    found = list(mutants("f.py", source))
    assert sorted(mutant.after for mutant in found) == sorted(changes)
    for mutant in found:
        assert mutant.source != mutant.unchanged().source == source
        compile(mutant.source, "f.py", "exec")


@pytest.mark.parametrize("entry", EQUIVALENT, ids=lambda entry: entry["line"])
def test_every_change_that_is_called_equivalent_is_of_a_line_that_exists(entry):
    assert entry["line"] in (ROOT / entry["file"]).read_text("utf-8")
