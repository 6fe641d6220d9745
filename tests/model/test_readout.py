"""Every option of conf/readout."""

import pytest

from bam.config.instantiate import build
from bam.errors import Mistake
from tests.broken.readout import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import readout as contract


# but for the option that leaves it to the backbone
@pytest.fixture(params=[name for name in options("readout") if name != "none"])
def readout(request, configured):
    """Of three interests, or of one where it takes no more."""
    for interests in (3, 1):
        config = configured(f"readout={request.param}", f"dim={contract.DIM}",
                            f"num_interests={interests}")  # fmt: skip
        try:
            return build(config["readout"], "readout").requires_grad_(False)
        except Mistake as mistake:
            assert "num_interests must be 1" in str(mistake)


@pytest.mark.parametrize("check", checks(contract))
def test_every_readout_keeps_the_contract(readout, check):
    check(readout)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_readout_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules
