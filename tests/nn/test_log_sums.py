"""In C and in torch, with scores kept or made again, sums and gradients are those of float64."""

import pytest
import torch

from bam.nn import log_sums as module
from bam.nn.log_sums import log_sums

needs_c = pytest.mark.skipif(not module.c(), reason="there is no C compiler")


@pytest.fixture(params=[pytest.param("C", marks=needs_c), "torch"])
def language(request, monkeypatch):
    if request.param == "torch":
        monkeypatch.setattr(module, "c", lambda: None)


def found_by(x, items, weight, chunk=500, memory_mb=64):
    """The sums, and the gradients of their weighted total."""
    sums = log_sums(x, items, chunk, memory_mb)
    return [sums, *torch.autograd.grad((sums * weight).sum(), [x, items])]


def random(M, V, D, scale=1.0):
    x, items = scale * torch.randn(M, D), torch.randn(V, D)
    return x.requires_grad_(), items.requires_grad_(), torch.randn(M)


@pytest.mark.parametrize("memory_mb", [0, 64])
@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 11, 5), (40, 1234, 64), (600, 205, 33)])
def test_they_equal_those_of_float64(language, shape, memory_mb):
    x, items, weight = random(*shape)
    found = found_by(x, items, weight, 100, memory_mb)
    exact = [t.detach().double().requires_grad_() for t in (x, items)]
    total = (exact[0] @ exact[1].T).logsumexp(1)
    wanted = [total, *torch.autograd.grad((total * weight).sum(), exact)]
    for ours, double in zip(found, wanted, strict=True):
        error = (ours - double).abs().max() / double.abs().max()
        assert error < 3e-6


@pytest.mark.parametrize("memory_mb", [0, 64])
def test_rows_in_bfloat16_are_summed_over_items_in_float32(language, memory_mb):
    x, items, weight = random(7, 11, 5)
    short = x.detach().bfloat16().requires_grad_()
    found = found_by(short, items, weight, memory_mb=memory_mb)
    wanted = found_by(short.detach().float().requires_grad_(), items, weight)
    assert found[1].dtype == torch.bfloat16
    for ours, long in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, long.to(ours.dtype))


def test_of_no_rows_there_are_no_sums_and_the_gradient_is_zero(language):
    x, items, weight = random(0, 11, 5)
    sums, of_x, of_items = found_by(x, items, weight)
    assert sums.shape == (0,) and of_x.shape == (0, 5) and not of_items.any()


def test_scores_that_exp_cannot_hold_are_summed(language):
    x, items, weight = random(5, 300, 8, scale=100.0)
    found = found_by(x, items, weight)
    total = (x.double() @ items.double().T).logsumexp(1)
    assert total.max() > 200 and all(bool(each.isfinite().all()) for each in found)
    torch.testing.assert_close(found[0].double(), total, rtol=1e-6, atol=0)


def test_what_is_not_a_number_stays_so(language):
    x, items, weight = random(3, 50, 8)
    with torch.no_grad():
        x[1, 2] = torch.nan
    assert found_by(x, items, weight)[0].isnan().tolist() == [False, True, False]


@needs_c
def test_kept_scores_are_the_scores_that_are_made_again():
    x, items, weight = random(70, 500, 64)
    for kept, again in zip(
        *(found_by(x, items, weight, memory_mb=mb) for mb in (64, 0)), strict=True
    ):
        assert kept.equal(again)


@needs_c
def test_sums_do_not_depend_on_the_number_of_threads():
    x, items, weight = random(600, 700, 64)
    found = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(found_by(x, items, weight))
    torch.set_num_threads(1)
    for other in found[1:]:
        assert all(a.equal(b) for a, b in zip(found[0], other, strict=True))


@pytest.mark.parametrize(("memory_mb", "times"), [(64, 1), (0, 2)])
def test_torch_keeps_scores_only_where_they_take_little(monkeypatch, memory_mb, times):
    monkeypatch.setattr(module, "c", lambda: None)
    made, tile = [], module._tile
    monkeypatch.setattr(module, "_tile", lambda *rows: made.append(1) or tile(*rows))
    found_by(*random(3, 20, 4), memory_mb=memory_mb)
    assert len(made) == times


@needs_c
@pytest.mark.parametrize(("memory_mb", "kept"), [(64, True), (0, False)])
def test_c_keeps_scores_only_where_they_take_little(memory_mb, kept):
    x, items, _ = random(3, 20, 32)
    saved = log_sums(x, items, 500, memory_mb).grad_fn.saved_tensors
    assert (len(saved) > 3) == kept


@needs_c
def test_scores_are_kept_for_a_backward_pass_alone(monkeypatch):
    kept, call = [], module._call

    def spy(function, x, items, lse, scores, *others):
        kept.append(bool(scores))
        call(function, x, items, lse, scores, *others)

    monkeypatch.setattr(module, "_call", spy)
    x, items, _ = random(7, 11, 5)
    log_sums(x, items, 500, 64)
    with torch.inference_mode():
        log_sums(x, items, 500, 64)
    assert kept == [True, False]
