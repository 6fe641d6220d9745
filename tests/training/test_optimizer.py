"""Every option of conf/optimizer."""

import math

import pytest
import torch
from torch import nn

from bam.config.instantiate import component
from bam.errors import Mistake
from bam.training.optimizer.adamw import adamw
from bam.training.optimizer.lazy_adam import LazyAdam
from tests.broken.optimizer import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import optimizer as contract


@pytest.mark.parametrize("name", options("optimizer"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_optimizer_keeps_the_contract(configured, name, check):
    check(component(configured(f"optimizer={name}")["optimizer"], "optimizer"))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_optimizer_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


def test_adamw_takes_weight_decay_off_matrices_alone():
    shapes = {(3, 2): True, (1, 4): True, (4,): False, (4, 1, 1): False, (2, 3, 3): True}
    weights = [nn.Parameter(torch.ones(shape)) for shape in shapes]
    decayed, others = adamw(weights, 0.1, 0.5, fused=False).param_groups
    assert [tuple(w.shape) for w in decayed["params"]] == [
        s for s, is_one in shapes.items() if is_one
    ]
    assert decayed["weight_decay"] == 0.5 and others["weight_decay"] == 0


def steps(optimizer, table, ids):
    for batch in ids:
        optimizer.zero_grad()
        (table(batch) * torch.arange(4.0)).square().sum().backward()
        optimizer.step()


def test_lazy_adam_is_adam_where_every_row_is_touched_each_step():
    torch.manual_seed(1)
    lazy, plain = nn.Embedding(5, 4, sparse=True), nn.Embedding(5, 4)
    plain.load_state_dict(lazy.state_dict())
    ids = [torch.arange(5).repeat(2)] * 20  # every row, twice: gradients of a row add up
    steps(LazyAdam(lazy.parameters(), lr=0.01), lazy, ids)
    steps(torch.optim.Adam(plain.parameters(), lr=0.01), plain, ids)
    torch.testing.assert_close(lazy.weight, plain.weight)


def test_lazy_adam_follows_adam_on_dense_gradients():
    torch.manual_seed(1)
    lazy, plain = nn.Embedding(5, 4), nn.Embedding(5, 4)
    plain.load_state_dict(lazy.state_dict())
    ids = [torch.tensor([0, 1]), torch.tensor([3]), torch.tensor([0])]
    steps(LazyAdam(lazy.parameters(), lr=0.01), lazy, ids)
    steps(torch.optim.Adam(plain.parameters(), lr=0.01), plain, ids)
    torch.testing.assert_close(lazy.weight, plain.weight)


def test_lazy_adam_follows_adam_on_gradients_as_small_as_its_epsilon():
    lazy, plain = (nn.Parameter(torch.zeros(3, 2)) for _ in range(2))
    lazy.grad = plain.grad = torch.tensor([[1e-6, 1e-8], [-1e-8, 1e-9], [0.0, -3e-9]])
    LazyAdam([lazy], lr=0.01).step()
    torch.optim.Adam([plain], lr=0.01).step()
    torch.testing.assert_close(lazy, plain)
    assert 0.004 < -lazy[0, 1].item() < 0.006  # half a step: the gradient is epsilon


def test_a_row_that_no_batch_touched_stays_as_it_is():
    table = nn.Embedding(6, 4, sparse=True)
    before = table.weight.detach().clone()
    steps(LazyAdam(table.parameters(), lr=0.01), table, [torch.tensor([1, 4])] * 3)
    moved = (table.weight != before).any(1)
    assert moved.tolist() == [False, True, False, False, True, False]


def test_a_step_of_adamw_takes_lr_times_decay_off_a_matrix_and_nothing_off_a_bias():
    matrix, bias = nn.Parameter(torch.full((1, 2), 2.0)), nn.Parameter(torch.tensor([2.0]))
    optimizer = adamw([matrix, bias], lr=0.1, weight_decay=0.5, fused=False)
    expected = {0.5: 2.0, 0.0: 2.0}  # by decay
    mean = square = 0.0
    for t, gradient in enumerate((3.0, -1.0), start=1):
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        move = mean / (1 - 0.9**t) / (math.sqrt(square / (1 - 0.999**t)) + 1e-8)
        expected = {d: value - 0.1 * d * value - 0.1 * move for d, value in expected.items()}
        matrix.grad, bias.grad = torch.full((1, 2), gradient), torch.tensor([gradient])
        optimizer.step()
    assert matrix[0].tolist() == pytest.approx([expected[0.5]] * 2, rel=1e-6)
    assert bias.item() == pytest.approx(expected[0.0], rel=1e-6)


def test_adamw_leaves_the_padding_row_at_zero():
    table = nn.Embedding(4, 2, padding_idx=0)
    optimizer = adamw(table.parameters(), lr=0.1, weight_decay=0.5, fused=False)
    for _ in range(3):
        optimizer.zero_grad()
        table(torch.tensor([0, 1])).square().sum().backward()
        optimizer.step()
    assert not table.weight[0].any()


def test_a_negative_weight_decay_is_refused():
    with pytest.raises(Mistake, match=r"weight_decay must be at least 0, got -1\.0"):
        adamw([nn.Parameter(torch.ones(1))], lr=0.1, weight_decay=-1.0, fused=False)
