"""What a loss does to the weights."""

from unittest.mock import Mock

import pytest
import torch
from torch import nn

from bam.config.instantiate import component
from bam.system.shards import Shards
from bam.training.averaging.ema import MovingAverage
from bam.training.averaging.none import Current
from bam.training.schedule.decay import constant, cosine
from bam.training.update import Update, clip
from tests.conftest import options


def network(sparse=False):
    torch.manual_seed(3)
    return nn.Sequential(nn.Embedding(9, 4, sparse=sparse), nn.Linear(4, 4))


def losses(module, steps):
    generator = torch.Generator().manual_seed(7)
    for _ in range(steps):
        yield module(torch.randint(9, (6,), generator=generator)).square().mean()


def trained(module, optimizer, schedule, averaging, clip_norm, steps=30):
    averaged = averaging.begin(module)
    update = Update(module, averaged, optimizer, schedule, averaging, clip_norm)
    for number, loss in enumerate(losses(module, steps), start=1):
        update(loss, number)
    return averaged


def equal(one, other):
    return all(torch.equal(value, other.state_dict()[key])
               for key, value in one.state_dict().items())  # fmt: skip


@pytest.mark.parametrize("name", options("optimizer"))
def test_with_everything_off_a_step_is_backward_and_the_optimizers_step(configured, name):
    config = configured(f"optimizer={name}")
    made = {group: component(config[group], group)
            for group in ("optimizer", "schedule", "averaging")}  # fmt: skip
    ours, plain = network(config["sparse"]), network(config["sparse"])
    averaged = trained(ours, made["optimizer"](list(ours.parameters())), made["schedule"],
                       made["averaging"], config["trainer"]["clip_norm"])  # fmt: skip
    optimizer = made["optimizer"](list(plain.parameters()))
    for loss in losses(plain, 30):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert equal(ours, plain) and averaged is ours and not equal(ours, network())


def test_an_average_changes_nothing_of_what_is_averaged():
    one, other = network(), network()
    for module, averaging in ((one, Current()), (other, MovingAverage(0.9))):
        optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
        averaged = trained(module, optimizer, constant(0), averaging, clip_norm=0.0)
    assert equal(one, other) and not equal(averaged, other)


def test_the_average_follows_the_weights_after_each_step():
    module = nn.Linear(1, 1, bias=False)
    module.weight.data.fill_(1.0)
    averaging = MovingAverage(0.5)
    averaged = averaging.begin(module)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    update = Update(module, averaged, optimizer, constant(0), averaging, clip_norm=0.0)
    for number in (1, 2):
        update(module.weight.sum(), number)  # the gradient is 1
    expected = 2 / 11 * 1.0 + 9 / 11 * 0.9
    expected = 3 / 12 * expected + 9 / 12 * 0.8
    assert module.weight.item() == pytest.approx(0.8)
    assert averaged.weight.item() == pytest.approx(expected)


def test_every_group_of_weights_moves_at_its_own_rate_times_the_schedules_share():
    weights = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    module = nn.ParameterList(weights)
    optimizer = torch.optim.SGD(
        [{"params": [weights[0]], "lr": 1.0}, {"params": [weights[1]], "lr": 10.0}]
    )
    update = Update(module, module, optimizer, cosine(2, 4, 0.0), Current(), clip_norm=0.0)
    moved = 0.0
    for number, share in enumerate((0.5, 1.0, 0.5, 0.0), start=1):
        update(sum(weight.sum() for weight in weights), number)
        moved -= share
        assert update.learning_rate == pytest.approx(share)
        assert [weight.item() for weight in weights] == pytest.approx([moved, 10 * moved])


def test_rates_are_the_configs_and_not_those_of_a_checkpoint():
    module = network()
    made = [torch.optim.SGD(module.parameters(), lr=1.0) for _ in range(2)]
    made[0].param_groups[0]["lr"] = 0.25
    update = Update(module, module, made[1], constant(0), Current(), clip_norm=0.0)
    made[1].load_state_dict(made[0].state_dict())
    update(module[1].bias.sum(), 1)
    assert update.learning_rate == 1.0


def test_gradients_above_the_norm_are_scaled_together_and_others_stay():
    one, two = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(2, 1))
    one.grad, two.grad = torch.tensor([3.0]), torch.tensor([[0.0], [4.0]])
    clip([one, two, nn.Parameter(torch.zeros(1))], 10.0)  # the last has no gradient
    assert one.grad.tolist() == [3.0] and two.grad.tolist() == [[0.0], [4.0]]
    clip([one, two], 1.0)
    assert one.grad.tolist() == pytest.approx([0.6]) and two.grad[1].item() == pytest.approx(0.8)


def test_a_sparse_gradient_is_clipped_as_the_same_dense_one():
    ids = torch.tensor([1, 1, 4, 1])  # rows that occur several times add up
    dense, sparse = network(), network(sparse=True)
    for module in (dense, sparse):
        module(ids).square().sum().backward()
        clip(list(module.parameters()), 0.5)
    torch.testing.assert_close(sparse[0].weight.grad.to_dense(), dense[0].weight.grad)
    torch.testing.assert_close(sparse[1].weight.grad, dense[1].weight.grad)
    norms = [parameter.grad.norm() for parameter in dense.parameters()]
    assert torch.stack(norms).norm().item() == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize("name", options("optimizer"))
def test_every_optimizer_steps_on_clipped_gradients(configured, name):
    config = configured(f"optimizer={name}")
    module = network(config["sparse"])
    optimizer = component(config["optimizer"], "optimizer")(list(module.parameters()))
    trained(module, optimizer, constant(0), MovingAverage(0.9), clip_norm=0.1, steps=3)
    assert not equal(module, network())


def test_the_norm_counts_the_rows_of_all_processes():
    """Of a shared weight this process has a quarter of the squares, of the other all."""
    own, shared = (torch.zeros(2, requires_grad=True) for _ in range(2))
    own.grad, shared.grad = torch.tensor([3.0, 0]), torch.tensor([0.0, 2])
    four = Mock(Shards, total=lambda part: 4 * part)
    clip([own, shared], 1.0, {id(shared): four})
    torch.testing.assert_close(own.grad, torch.tensor([3.0, 0]) / 5)
    torch.testing.assert_close(shared.grad, torch.tensor([0.0, 2]) / 5)
