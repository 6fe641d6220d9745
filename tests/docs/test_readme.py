"""What README shows works."""

import re

from tests.conftest import CONF, ROOT, options
from tests.contracts import backbone as contract
from tests.contracts import checks

README = (ROOT / "README.md").read_text()


def test_the_backbone_of_the_readme_keeps_the_contract():
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    made: dict = {}
    exec(code, made)
    for check in checks(contract):
        check(made["Fading"](num_interests=2).eval(), 4)


def test_every_option_that_readme_lists_exists():
    """A newcomer's option need not be there: a part is two files."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", README, flags=re.MULTILINE)
    groups = [(group, text) for group, text in rows if (CONF / group).is_dir()]
    assert len(groups) >= 18
    for group, text in groups:
        names = set(re.findall(r"`\[?(\w+)\]?`", text))
        assert names and names <= set(options(group)), group
