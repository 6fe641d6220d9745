"""Orthogonality: shared interests that point apart (CMI: Li et al., SIGIR 2022)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from bam.objective.prototypes import prototypes
from bam.records import Prediction


class Orthogonality(nn.Module):
    """weight * |C C^T - I|^2 / P^2, C the P prototypes of the backbone, each of length 1."""

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        unit = normalize(prototypes(prediction.backbone, "orthogonality"), dim=-1)
        cosine = (unit @ unit.T).float()
        same = torch.eye(len(unit), device=unit.device)
        return self.weight * (cosine - same).square().mean()
