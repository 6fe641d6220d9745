"""Which mistakes are made on purpose."""

import pytest

from tests.mutants.changes import mutants


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
