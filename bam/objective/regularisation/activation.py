"""What trains the activations of interests: SetMIR's presence (arXiv 2608.30251), and MIMA's."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.objective.sets import set_numbers
from bam.records import Choice, Prediction

SMALLEST = 1e-7  # of 1 - a: float32 knows no smaller difference from 1


class Activation(nn.Module):
    """weight * mean over targets and k of -(y_k log a_k + (1 - y_k) log(1 - a_k)), in nats.

    y_k is 1 where a target of the same history has chosen interest k, and log a_k is the log
    weight of the mixture, as aggregation=activation gives it. A history counts once for each of its
    targets. Without a gate nothing learns from it.
    """

    trains_gate = "log_weight"

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        log_a = prediction.mixture.log_weight.float()
        y = matched(prediction.choice, prediction.batch.place, log_a.shape[1])
        log_rest = (-log_a.expm1()).clamp(min=SMALLEST).log()
        return self.weight * -(y * log_a + (1 - y) * log_rest).mean()


def matched(choice: Choice, place: Tensor, interests: int) -> Float[Tensor, "B K"]:
    """How much each interest is chosen by all targets of a row's history, at most 1."""
    number, weight = set_numbers(place), choice.weight.detach().float()
    alone = weight.new_zeros(len(place), interests).scatter_add(1, choice.interest, weight)
    together = torch.zeros_like(alone).index_add(0, number, alone)
    return together.clamp(max=1).index_select(0, number)
