"""Optimizers that are wrong on purpose."""

import torch
from torch.optim import SGD, Adam


class Wrong(SGD):
    """Plain descent, but for one thing."""

    def __init__(self, weights):
        super().__init__(weights, lr=0.001)


class Forgets(Wrong):
    """It keeps the first weight alone; the others never move."""

    def __init__(self, weights):
        super().__init__(list(weights)[:1])


class Climbs(SGD):
    """It goes with the gradient."""

    def __init__(self, weights):
        super().__init__(weights, lr=0.001, maximize=True)


class DecaysAll(Wrong):
    """A weight without a gradient shrinks all the same."""

    @torch.no_grad()
    def step(self, closure=None):
        super().step()
        for group in self.param_groups:
            for weight in group["params"]:
                weight.mul_(1 - group["lr"])


class Stuck(Wrong):
    """One step, and never another."""

    done = False

    def step(self, closure=None):
        if not self.done:
            super().step()
        self.done = True


class KeepsItsRate(Adam):
    """It keeps the rate it was made with; a schedule changes nothing."""

    def __init__(self, weights):
        super().__init__(weights, lr=0.001)

    def step(self, closure=None):
        for group in self.param_groups:
            group["lr"] = 0.001
        super().step()


class SavesNothing(Adam):
    """Its moments are not in what it saves."""

    def __init__(self, weights):
        super().__init__(weights, lr=0.001)

    def state_dict(self):
        return {**super().state_dict(), "state": {}}


FALLS = "check_it_falls_towards_a_minimum"
AGAINST = "check_every_weight_with_a_gradient_moves_against_it"
REFUSED = {
    Forgets: {AGAINST},
    Climbs: {AGAINST, FALLS},
    DecaysAll: {"check_a_weight_without_a_gradient_stays"},
    Stuck: {FALLS, "check_a_run_goes_on_from_what_it_saved"},
    KeepsItsRate: {"check_the_rate_is_read_at_each_step"},
    SavesNothing: {"check_a_run_goes_on_from_what_it_saved"},
}
