"""Interests that two views of a history have in common (CMI: Li et al., SIGIR 2022)."""

import math

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from bam.errors import require
from bam.nn.logsumexp import log_sum_exp
from bam.objective.views import draw_view, join
from bam.records import Prediction


class ViewContrast(nn.Module):
    """weight * mean over rows and interests of the InfoNCE of m_k and m'_k, of two views.

    The negatives of m_k are all other interests of the other view, of all users of the batch; the
    costs in both directions are added. A score is a cosine over the temperature. The sum over the
    users is batch_size times their mean, so that processes with a part of the batch each can
    average. Interests must have an order that the views keep: not those of backbone=mind, which
    start from a draw, nor those of sine, octopus and clusters, which the history chooses.
    """

    needs_order = True

    def __init__(
        self,
        weight: float,
        temperature: float,
        changed: float,
        history_length: int,
        batch_size: int,
    ):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        require(0 < changed < 1, "changed must be above 0 and below 1", changed)
        self.weight, self.temperature, self.changed = weight, temperature, changed
        self.history_length, self.batch_size = history_length, batch_size

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        histories = prediction.histories
        views = [draw_view(histories, self.changed, self.history_length) for _ in range(2)]
        vectors = normalize(prediction.backbone(join(views)).vectors.float(), dim=-1)
        first, second = rearrange(vectors, "(v b) k d -> v (b k) d", v=2)
        scores = (first @ second.T).float() / self.temperature
        shift = math.log(self.batch_size / len(histories.real))
        sums = torch.stack([log_sum_exp(scores, axis) for axis in (0, 1)]) + shift
        return self.weight * (sums - scores.diagonal()).sum(0).mean()
