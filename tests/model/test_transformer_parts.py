"""The blocks of a transformer, and what it adds to its attention, compute their equations."""

import math

import pytest
import torch
from torch import nn

from bam.errors import Mistake
from bam.model.backbone.transformer import Transformer
from bam.model.bias.buckets import Buckets
from bam.model.bias.decay import Decay
from bam.model.bias.none import NoBias
from bam.model.block.gated import Gated
from bam.model.block.low_pass import LowPass
from bam.model.block.standard import Standard
from bam.model.intervals.positions import Positions
from bam.model.intervals.times import Times
from bam.model.readout.state import State
from bam.nn.packing import Packing
from tests.histories import histories

DIM, HEADS, L = 4, 2, 5


def exact(module):
    """In float64, with random numbers in every weight, and without dropout."""
    module = module.double().eval().requires_grad_(False)
    for weight in module.parameters():
        weight.normal_()
    return module


def normed(layer, x):
    return nn.functional.layer_norm(x, (DIM,), layer.weight, layer.bias)


def attention(block, x, bias):
    """Of one row [L D] in loops; bias [H L L]."""
    q, k, v = block.query_key_value(x).chunk(3, dim=1)
    rows, size = [], DIM // HEADS
    for i in range(L):
        heads = []
        for h in range(HEADS):
            part = slice(h * size, (h + 1) * size)
            logits = [
                q[i, part] @ k[j, part] / math.sqrt(size) + bias[h, i, j] for j in range(i + 1)
            ]
            share = torch.stack(logits).softmax(0)
            heads.append(sum(share[j] * v[j, part] for j in range(i + 1)))
        rows.append(block.project(torch.cat(heads)))
    return torch.stack(rows)


def standard(block, x, bias):
    x = x + attention(block, normed(block.before_attention, x), bias)
    return x + block.feed(normed(block.before_feed, x))


def low_pass(block, x, bias):
    low = torch.stack([x[max(0, i - 2) : i + 1].mean(0) for i in range(L)])
    f = normed(block.after_filter, x + low + block.beta**2 * (x - low))
    a = normed(block.after_attention, x + attention(block, x, bias))
    y = 0.7 * f + 0.3 * a
    return normed(block.after_feed, y + block.feed(y))


def gated(block, x, bias):
    found = attention(block, normed(block.before_attention, x), bias)
    x = x + block.attention_gate(x).sigmoid() * found
    first, third = block.enter(normed(block.before_feed, x)).chunk(2, dim=1)
    fed = block.leave(first * first.sigmoid() * third)
    return x + block.feed_gate(x).sigmoid() * fed


BLOCKS = {
    standard: lambda: Standard(DIM, HEADS, 0.2),
    low_pass: lambda: LowPass(DIM, HEADS, 0.2, window=3, share=0.7),
    gated: lambda: Gated(DIM, HEADS, 0.2),
}


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("equation", BLOCKS)
def test_a_block_equals_its_equation_in_loops(equation, biased):
    block, x = exact(BLOCKS[equation]()), torch.randn(2, L, DIM).double()
    bias = torch.randn(2, HEADS, L, L).double() * biased
    later = torch.ones(L, L, dtype=torch.bool).triu(1)
    packing = Packing.of(torch.arange(L) < torch.tensor([[L], [3]]))
    mask = bias.masked_fill(later, -torch.inf) if biased else None
    found = packing.unpack(block(packing.pack(x), packing, mask))
    for b, length in enumerate((L, 3)):
        expected = equation(block, x[b], bias[b])
        torch.testing.assert_close(found[b, :length], expected[:length])


def some():
    """Two histories, the second of two items."""
    times = torch.tensor([[0, 5, 9, 100, 7000], [3, 50, 0, 0, 0]])
    real = torch.arange(L) < torch.tensor([[5], [2]])
    return histories(torch.randn(2, L, DIM).double() * real[..., None], real, times=times)


@pytest.mark.parametrize("intervals", [Positions(), Times(10.0)])
def test_a_decay_equals_its_equation_in_loops(intervals):
    met, bias = some(), exact(Decay(HEADS, 0.5, intervals))
    apart, found = intervals(met).expand(2, L, L), bias(met).expand(2, HEADS, L, L)
    a, s = bias.rate.flatten(), bias.log_scale.exp().flatten()
    for b, h, i, j in torch.cartesian_prod(*map(torch.arange, (2, HEADS, L, L))).tolist():
        expected = -a[h] * math.log(1 + apart[b, i, j] / s[h])
        torch.testing.assert_close(found[b, h, i, j], expected)


@pytest.mark.parametrize("intervals", [Positions(), Times(1.0)])
def test_buckets_equal_their_table_in_loops(intervals):
    met, bias = some(), exact(Buckets(HEADS, 16, intervals))
    apart, found = intervals(met).expand(2, L, L), bias(met).expand(2, HEADS, L, L)
    for b, h, i, j in torch.cartesian_prod(*map(torch.arange, (2, HEADS, L, L))).tolist():
        place = min(15, int(math.log(1 + apart[b, i, j]) / 0.301))
        assert found[b, h, i, j] == bias.table[place, h]


@pytest.mark.parametrize("make", [lambda x: Decay(HEADS, 0.0, x), lambda x: Buckets(HEADS, 16, x)])
def test_a_bias_that_is_0_changes_nothing(make):
    met = some()
    torch.manual_seed(1)
    without = Transformer(DIM, L, 2, HEADS, 0.0, Standard, NoBias(), State(1)).double()
    torch.manual_seed(1)
    biased = Transformer(DIM, L, 2, HEADS, 0.0, Standard, make(Times(1.0)), State(1)).double()
    torch.testing.assert_close(biased(met).vectors, without(met).vectors)


def test_a_long_time_before_the_last_item_changes_a_decaying_transformer():
    met = some()
    decay = exact(Decay(HEADS, 0.5, Times(1.0)))
    model = Transformer(DIM, L, 1, HEADS, 0.0, Standard, decay, State(1)).double()
    before = model(met).vectors
    met.times[0, -1] += 10**6
    after = model(met).vectors
    assert not torch.allclose(after[0], before[0]) and torch.equal(after[1], before[1])


@pytest.mark.parametrize(("window", "share"), [(0, 0.5), (3, -0.1), (3, 1.1)])
def test_an_impossible_filter_is_refused(window, share):
    with pytest.raises(Mistake, match="must be"):
        LowPass(DIM, HEADS, 0.0, window, share)
