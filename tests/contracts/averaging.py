"""What every averaging must do; where the weights themselves are kept, there is no average."""

import torch
from torch import nn


def check_it_begins_with_the_weights_and_their_names(averaging):
    step = module()
    averaged = averaging.begin(step)
    assert averaged.state_dict().keys() == step.state_dict().keys()
    for key, value in step.state_dict().items():
        assert torch.equal(averaged.state_dict()[key], value)


def check_an_average_of_equal_weights_is_those_weights(averaging):
    step = module()
    averaged = averaging.begin(step)
    for number in range(1, 5):
        averaging.update(trained(averaged, step), trained(step, step), number)
    for average, weight in zip(averaged.parameters(), step.parameters(), strict=True):
        assert torch.equal(average, weight)


def check_an_average_lies_between_what_it_was_and_the_weights(averaging):
    step = module()
    averaged = averaging.begin(step)
    if averaged is step:
        return
    for number in range(1, 5):
        before = [value.clone() for value in trained(averaged, step)]
        move(step)
        averaging.update(trained(averaged, step), trained(step, step), number)
        rows = zip(before, trained(averaged, step), trained(step, step), strict=True)
        for old, now, weight in rows:
            assert (torch.minimum(old, weight) < now).all()
            assert (now < torch.maximum(old, weight)).all()


def check_training_does_not_know_of_it(averaging):
    step = module()
    averaged = averaging.begin(step)
    move(step)
    before = [value.clone() for value in step.state_dict().values()]
    averaging.update(trained(averaged, step), trained(step, step), 1)
    for value, old in zip(step.state_dict().values(), before, strict=True):
        assert torch.equal(value, old)
    assert step["trained"].weight.requires_grad and not step["frozen"].weight.requires_grad


def module():
    """A trained layer, a frozen one and a buffer."""
    made = nn.ModuleDict({"trained": nn.Linear(2, 3), "frozen": nn.Linear(2, 3)})
    made["frozen"].requires_grad_(False)
    made.register_buffer("start", torch.ones(4))
    return made


def trained(part, step):
    """The weights of a part that are trained in the step."""
    both = zip(part.parameters(), step.parameters(), strict=True)
    return [weight.detach() for weight, original in both if original.requires_grad]


@torch.no_grad()
def move(step):
    for weight in trained(step, step):
        weight.add_(torch.randn_like(weight))
