"""What is computed in C equals the same in torch with float64, with its gradients."""

from functools import partial

import pytest
import torch

from bam.nn import attend, causal, matmul, negatives
from bam.nn.compiled import call
from bam.records import Histories
from bam.system.c_compiler import find_compiler

pytestmark = pytest.mark.skipif(not find_compiler(), reason="there is no C compiler")
SIZES = [(1, 1, 1, 1, 1), (5, 7, 9, 13, 3), (3, 50, 64, 256, 4), (4, 33, 40, 96, 20)]  # B L D H K


def histories(B, L, D):
    length = torch.randint(1, L + 1, (B,))
    real = (torch.arange(L + 1) < length[:, None])[:, :L]  # a part, whose rows are not together
    return torch.randn(B, L, D) * real[..., None], real


def gradients(function, inputs, dtype, seed=0):
    """What the function gives, and the gradients of the inputs for a drawn gradient of it."""
    inputs = [x.to(dtype).requires_grad_() for x in inputs]
    found = function(*inputs)
    found = found if isinstance(found, tuple) else (found,)
    draw = torch.Generator().manual_seed(seed)
    weights = [torch.randn(part.shape, generator=draw).to(dtype) for part in found]
    finite = [torch.where(part.isfinite(), part, 0) for part in found]
    total = sum((part * weight).sum() for part, weight in zip(finite, weights, strict=True))
    return [*(part.detach() for part in found), *torch.autograd.grad(total, inputs)]


def assert_equal_to_torch(function, inputs):
    assert all(x.dtype == torch.float32 for x in inputs)
    ours, exact = (gradients(function, inputs, dtype) for dtype in (torch.float32, torch.float64))
    for found, wanted in zip(ours, exact, strict=True):
        scale = float(wanted[wanted.isfinite()].abs().max())
        torch.testing.assert_close(found.double(), wanted, rtol=1e-5, atol=1e-5 * max(scale, 1e-3))


def assert_equal_on_any_number_of_threads(function, inputs):
    before = torch.get_num_threads()
    found = []
    for count in (1, 2, 3):
        torch.set_num_threads(count)
        found.append(gradients(function, inputs, torch.float32))
    torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


def weights(L, D, H, K):
    return [torch.randn(L, D) / 3, torch.randn(H, D) / D**0.5, torch.randn(K, H) / H**0.5]


CHECKS = [assert_equal_to_torch, assert_equal_on_any_number_of_threads]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(("B", "L", "D", "H", "K"), SIZES)
def test_attention_of_real_items(check, B, L, D, H, K):
    items, real = histories(B, L, D)
    check(lambda x, *w: attend.attend(x, real, *w), [items, *weights(L, D, H, K)])


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("padding", [0.0, -torch.inf])
def test_energies_of_real_items(check, padding):
    items, real = histories(6, 11, 20)
    check(lambda x, *w: attend.energies(x, real, *w, padding), [items, *weights(11, 20, 48, 3)])


@pytest.mark.parametrize("attention", [attend.attend, partial(attend.energies, padding=0.0)])
def test_the_hidden_layer_of_attention_is_kept_for_a_backward_pass_alone(monkeypatch, attention):
    items, real = histories(6, 11, 20)
    parameters = [weight.requires_grad_() for weight in weights(11, 20, 48, 3)]
    kept = []

    def spy(function, *arguments):
        if function.__name__ == "energies":
            kept.append(arguments[-2] is not None)
        call(function, *arguments)

    monkeypatch.setattr(attend, "call", spy)
    attention(items, real, *parameters)
    for without in (torch.no_grad(), torch.inference_mode()):
        with without:
            attention(items, real, *parameters)
    assert kept == [True, False, False]


@pytest.mark.parametrize("check", CHECKS)
def test_the_mean_of_real_items(check):
    items, real = histories(6, 11, 20)
    ids = real.long()
    check(lambda x: causal.mean_item(Histories(ids, x, real, ids[:, :0])), [items])


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("multiply", [matmul.linear, matmul.tanh_linear])
@pytest.mark.parametrize(("m", "n", "d"), [(1, 1, 1), (13, 33, 7), (96, 64, 256), (50, 31, 300)])
def test_products_of_any_shape(check, multiply, m, n, d):
    check(multiply, [torch.randn(m, d), torch.randn(n, d) / d**0.5])


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("beta", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("S", [1, 16, 37])
def test_costs_against_negatives(check, beta, rows, S):
    B, C = 5, 6
    member = [torch.randint(C, (B, 1, 1)), torch.arange(C).view(1, 2, 3).expand(B, -1, -1)]
    hit, log_q = torch.rand(B, S) < 0.2, torch.randn(rows, S)
    hit[0] = True  # no negative is left
    sizes = [group.shape for group in member]

    def costs(scores, first, second, gate):
        groups = [negatives.Group(member[0], None, first), negatives.Group(member[1], gate, second)]
        if scores.dtype == torch.float32:
            return negatives.against_negatives(scores, log_q, hit, groups, beta)
        return tuple(in_torch(scores, log_q.double(), hit, group, beta) for group in groups)

    drawn = [torch.randn(size) for size in (sizes[0][:2], sizes[1][:2], sizes[1])]
    check(costs, [torch.randn(B, C, S) * 3, *drawn])


def in_torch(scores, log_q, hit, group, beta):
    """By the equation, row by row and group by group."""
    found = []
    for b, members in enumerate(group.member):
        for g, some in enumerate(members):
            each = scores[b, some]
            each = each if group.gate is None else each + group.gate[b, g][:, None]
            s = (each.logsumexp(0) - log_q.expand(len(hit), -1)[b])[~hit[b]]
            positive = group.positive[b, g]
            if not len(s):
                found.append(0 * positive)
                continue
            hard = ((beta * s).exp() * s.exp()).sum() / (beta * s).exp().mean()
            found.append(torch.log1p(hard * (-positive).exp()))
    return torch.stack(found).view(group.positive.shape)


def test_scores_of_any_size_are_finite():
    group = negatives.Group(torch.zeros(1, 1, 2, dtype=torch.int64), None, torch.zeros(1, 1))
    for size in (1e3, -1e3, 1e6):
        scores = torch.tensor([[[size, -size, 0.0], [0.0, size, size]]]).requires_grad_()
        hit = torch.zeros(1, 3, dtype=torch.bool)
        (nll,) = negatives.against_negatives(scores, torch.zeros(1, 3), hit, [group], 0.01)
        (of_scores,) = torch.autograd.grad(nll.sum(), scores)
        assert nll.isfinite().all() and of_scores.isfinite().all()


@pytest.mark.parametrize("members", [1, 2])
def test_a_score_that_is_no_number_shows(members):
    group = negatives.Group(torch.arange(members)[None, None], None, torch.zeros(1, 1))
    scores = torch.tensor([[[0.0, torch.nan, 1.0], [0.0, 1.0, 2.0]]])[:, :members]
    hit = torch.zeros(1, 3, dtype=torch.bool)
    (nll,) = negatives.against_negatives(scores, torch.zeros(1, 3), hit, [group], 0.01)
    assert nll.isnan().all()
