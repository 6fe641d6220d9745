"""Every option of conf/readout."""

import math

import pytest
import torch
from torch.nn.functional import gelu, layer_norm, linear

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.model.readout.decoder import Decoder
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


def norm(layer, x):
    return layer_norm(x, x.shape[-1:], layer.weight, layer.bias, 1e-5)


def attend(queries, keys, values, heads, sees):
    """sum_l softmax_l(<q_k, h_l> / sqrt(width)) v_l of each head, over the l that k sees."""
    width = queries.shape[1] // heads
    found = torch.zeros_like(queries)
    for k, query in enumerate(queries):
        for head in range(heads):
            part = slice(head * width, (head + 1) * width)
            seen = [n for n in range(len(keys)) if sees(k, n)]
            odds = [math.exp(float(query[part] @ keys[n, part]) / math.sqrt(width)) for n in seen]
            for n, o in zip(seen, odds, strict=True):
                found[k, part] += o / sum(odds) * values[n, part]
    return found


@pytest.mark.parametrize("causal", [True, False])
def test_the_queries_of_a_decoder_attend_to_each_other_and_to_the_states_up_to_the_place(causal):
    readout = Decoder(4, 3, blocks=2, heads=2, causal_queries=causal).double()
    readout.requires_grad_(False)
    states, x = torch.randn(2, 5, 4, dtype=torch.float64), readout.query
    for block in readout.blocks:
        projected = linear(norm(block.before_self, x), *block.query_key_value.parameters())
        among = attend(*projected.split(4, 1), 2, lambda k, n: n <= k or not causal)
        x = x + linear(among, *block.project_self.parameters())
        queries = linear(norm(block.before_cross, x), *block.query.parameters())
        keys, values = linear(states[1], *block.key_value.parameters()).split(4, 1)
        across = attend(queries, keys, values, 2, lambda k, n: n <= 2)
        x = x + linear(across, *block.project_cross.parameters())
        wide = gelu(linear(norm(block.before_feed, x), *block.feed[0].parameters()))
        x = x + linear(wide, *block.feed[2].parameters())
    expected = norm(readout.norm, x)
    torch.testing.assert_close(readout(states, torch.tensor([7]))[0], expected)


def test_a_query_knows_the_earlier_ones_alone_or_all():
    for causal in (True, False):
        readout = Decoder(8, 3, blocks=1, heads=2, causal_queries=causal)
        states, place = torch.randn(1, 2, 8), torch.tensor([1])
        before = readout(states, place).detach()
        readout.query.data[2, 0] += 1  # of one number: the norm takes out what all share
        same = (readout(states, place) == before).all(2)[0].tolist()
        assert same == ([True, True, False] if causal else [False, False, False])


@pytest.mark.parametrize(
    ("values", "rule"),
    [((0, 2), "blocks must be at least 1"), ((1, 0), "heads must be at least 1"),
     ((1, 3), "heads must divide dim 8")],
)  # fmt: skip
def test_a_decoder_of_no_size_is_refused(values, rule):
    with pytest.raises(Mistake, match=rule):
        Decoder(8, 3, *values, causal_queries=True)
