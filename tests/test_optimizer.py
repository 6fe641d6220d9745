"""Every option of conf/optimizer."""

import pytest
import torch
from torch import nn

from bam.experiment.compose import component
from bam.optimizer.lazy_adam import LazyAdam
from tests.conftest import options


@pytest.mark.parametrize("name", options("optimizer"))
def test_every_optimizer_falls_towards_a_minimum(configured, name):
    parameter = nn.Parameter(torch.tensor([[3.0, -2.0]]))
    optimizer = component(configured(f"optimizer={name}")["optimizer"], "optimizer")([parameter])
    for _ in range(50):
        optimizer.zero_grad()
        parameter.square().sum().backward()
        optimizer.step()
    assert parameter.detach().abs().sum() < 4.95


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


def test_a_row_that_no_batch_touched_stays_as_it_is():
    table = nn.Embedding(6, 4, sparse=True)
    before = table.weight.detach().clone()
    steps(LazyAdam(table.parameters(), lr=0.01), table, [torch.tensor([1, 4])] * 3)
    moved = (table.weight != before).any(1)
    assert moved.tolist() == [False, True, False, False, True, False]
