"""The faster product is the same product, with the same gradients."""

import pytest
import torch

from bam.nn.matmul import ROWS, affine, linear, prepack, round_up_rows, tanh_linear


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 300, 64), (128, 1, 5), (256, 64, 2048)])
def test_it_equals_the_product_of_torch(shape):
    m, n, d = shape
    x, y = torch.randn(m, d), torch.randn(n, d) / d**0.5
    with torch.no_grad():
        torch.testing.assert_close(linear(x, y), x @ y.T, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(tanh_linear(x, y), (x @ y.T).tanh(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 7, 512, 513])
@pytest.mark.parametrize("shape", [(1, 1), (300, 64), (512, 64)])
def test_a_prepacked_operand_serves_any_number_of_rows(rows, shape):
    y = torch.randn(shape) / shape[1] ** 0.5
    with torch.no_grad():
        packed = prepack(y, 512)
        assert len(packed) == len(y) and packed.shape == y.shape
        x = torch.randn(rows, shape[1])
        torch.testing.assert_close(linear(x, packed), x @ y.T, rtol=1e-5, atol=1e-5)


def test_operands_may_be_parts_of_others():
    x, y = torch.randn(5, 3, 8), torch.randn(8, 9)
    with torch.no_grad():
        torch.testing.assert_close(linear(x[:, 1, :7], y[:7].T), x[:, 1, :7] @ y[:7])


@pytest.mark.parametrize("multiply", [linear, tanh_linear])
def test_gradients_reach_both_operands(multiply):
    x, y = torch.randn(3, 4, dtype=torch.float64), torch.randn(5, 4, dtype=torch.float64)
    assert torch.autograd.gradcheck(multiply, (x.requires_grad_(), y.requires_grad_()))


@pytest.mark.parametrize("shape", [(ROWS, 3, 8), (ROWS, 40, 8), (2, ROWS, 7, 7)])
@pytest.mark.parametrize("multiply", [linear, tanh_linear])
def test_whole_multiples_of_rows_have_the_gradients_of_float64(multiply, shape):
    x, y = torch.randn(*shape[:-2], shape[-1]), torch.randn(shape[-2:]) / shape[-1] ** 0.5
    learned = (x.requires_grad_(), y.requires_grad_())
    z = multiply(x, y)
    weight = torch.randn_like(z)
    twice = [t.detach().double().requires_grad_() for t in learned]
    plain = multiply(*twice)
    torch.testing.assert_close(z.double(), plain, rtol=1e-5, atol=1e-5)
    found = torch.autograd.grad((z * weight).sum(), learned)
    wanted = torch.autograd.grad((plain * weight).sum(), twice)
    for ours, exact in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours.double(), exact, rtol=1e-5, atol=1e-5)


def test_batches_of_any_size_have_few_numbers_of_rows():
    numbers = [round_up_rows(n) for n in range(1, 128 * 200 + 1)]
    assert all(n <= m <= max(ROWS, n + n / 16 + ROWS) for n, m in enumerate(numbers, 1))
    assert {m % ROWS for m in numbers} == {0}
    assert len(set(numbers)) < 128


def test_autocast_decides_the_precision():
    x, y = torch.randn(4, 8), torch.randn(6, 8)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert linear(x, y).dtype == torch.bfloat16


def test_a_result_with_a_gradient_may_be_changed_in_place():
    x, y = torch.randn(2, ROWS, 4, requires_grad=True), torch.randn(3, 4)
    linear(x, y).add_(1.0).sum().backward()
    torch.testing.assert_close(x.grad, y.sum(0).expand_as(x))


@pytest.mark.parametrize("shape", [(7, 3, 5), (2, 3, 64, 8)])
def test_a_map_with_a_bias_is_that_of_torch(shape):
    learned = [torch.randn(s, requires_grad=True) for s in (shape[:-1], shape[-2:][::-1])]
    learned.append(torch.randn(shape[-1], requires_grad=True))
    results = []
    for multiply in (affine, torch.nn.functional.linear):
        z = multiply(*learned)
        results.append([z, *torch.autograd.grad(z.square().sum(), learned)])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
