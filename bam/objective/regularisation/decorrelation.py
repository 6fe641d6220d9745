"""Prototypes that do not vary together (SINE: Tan et al., WSDM 2021)."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.objective.prototypes import prototypes
from bam.records import Prediction


class Decorrelation(nn.Module):
    """weight / 2 * (|M|^2 - |diag M|^2), M = (C - mean C)(C - mean C)^T / D of the prototypes C.

    M [P P] is their covariance over the D entries of a prototype; its diagonal costs nothing.
    """

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        found = prototypes(prediction.backbone, "decorrelation")
        centred = found - found.mean(1, keepdim=True)
        # |C C^T| = |C^T C|, which is smaller
        whole = (centred.T @ centred).square().sum()
        diagonal = centred.square().sum(1).square().sum()
        return self.weight / 2 * (whole - diagonal) / found.shape[1] ** 2
