"""What README shows works."""

import re

from tests.conftest import ROOT, options
from tests.contracts import backbone as contract
from tests.contracts import checks

README = (ROOT / "README.md").read_text()


def test_the_backbone_of_the_readme_keeps_the_contract():
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    made: dict = {}
    exec(code, made)
    for check in checks(contract):
        check(made["Fading"](num_interests=2).eval(), 4)


def test_readme_lists_every_option_of_every_group():
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", README, flags=re.MULTILINE)
    listed = {group: set(re.findall(r"`\[?(\w+)\]?`", text)) for group, text in rows}
    assert len(listed) >= 18
    assert listed == {group: set(options(group)) for group in listed}
