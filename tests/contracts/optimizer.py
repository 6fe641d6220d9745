"""What every optimizer must do; a check takes make(parameters)."""

import torch
from torch import nn

PARTS = ((5, 4), (4,), (3, 2))  # an item table, a bias and a matrix


def check_every_weight_with_a_gradient_moves_against_it(make):
    weights = parameters()
    optimizer, before = make(weights), [weight.detach().clone() for weight in weights]
    step(optimizer, weights)
    for weight, old in zip(weights, before, strict=True):
        assert (((weight.detach() - old) * weight.grad) < 0).all()


def check_a_weight_without_a_gradient_stays(make):
    weights = parameters()
    optimizer, before = make(weights), weights[0].detach().clone()
    for _ in range(3):
        step(optimizer, weights[1:])
    assert torch.equal(weights[0].detach(), before)


def check_it_falls_towards_a_minimum(make):
    weight = nn.Parameter(torch.tensor([[3.0, -2.0]]))
    optimizer = make([weight])
    for _ in range(50):
        step(optimizer, [weight])
    assert weight.detach().abs().sum() < 4.96


def check_the_rate_is_read_at_each_step(make):
    """A schedule sets it: at rate 0 nothing moves."""
    weights = parameters()
    optimizer = make(weights)
    step(optimizer, weights)
    before = [weight.detach().clone() for weight in weights]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    step(optimizer, weights)
    for weight, old in zip(weights, before, strict=True):
        assert torch.equal(weight.detach(), old)


def check_a_run_goes_on_from_what_it_saved(make):
    whole, parted = parameters(), parameters()
    uninterrupted, first, second = make(whole), make(parted), make(parted)
    for number in range(6):
        push(uninterrupted, whole, number)
        if number == 3:
            second.load_state_dict(first.state_dict())
        push(first if number < 3 else second, parted, number)
    for one, other in zip(whole, parted, strict=True):
        torch.testing.assert_close(one, other)


def parameters():
    random = torch.Generator().manual_seed(5)
    return [nn.Parameter(torch.randn(*shape, generator=random)) for shape in PARTS]


def step(optimizer, weights):
    """One step for the sum of squares of some weights."""
    optimizer.zero_grad()
    sum(weight.square().sum() for weight in weights).backward()
    optimizer.step()


def push(optimizer, weights, number):
    """One step along gradients that another number turns about."""
    random = torch.Generator().manual_seed(number)
    for weight in weights:
        weight.grad = torch.randn(weight.shape, generator=random)
    optimizer.step()
