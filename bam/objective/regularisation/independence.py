"""Interests that vary independently of each other, by HSIC (DESMIL: Liu et al., 2022)."""

import math

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from bam.errors import require
from bam.nn.matmul import linear
from bam.records import Prediction


class Independence(nn.Module):
    """weight * mean over pairs i < j of |Cov(z(m_i), z(m_j))|^2, the covariance over the batch.

    z(m) = sqrt(2 / F) cos(W m + b) are F random Fourier features of a Gaussian kernel of this
    width (Rahimi, Recht, NIPS 2007), W ~ N(0, 1 / width^2) and b ~ U(0, 2 pi), drawn once; so the
    term is the biased estimate of HSIC (Gretton et al., ALT 2005). Interests are scaled to length
    1, so that one width suits all. One interest costs nothing.

    DESMIL (arXiv 2207.07910) makes the samples of a batch independent by weights, which are learned
    in each step for this purpose and then weigh the loss. Here the interests themselves learn to be
    independent, and all samples count equally.
    """

    frequency: Tensor
    phase: Tensor

    def __init__(self, weight: float, dim: int, features: int, width: float):
        super().__init__()
        require(features >= 1, "features must be at least 1", features)
        require(width > 0, "width must be above 0", width)
        self.weight = weight
        self.register_buffer("frequency", torch.randn(features, dim) / width)
        self.register_buffer("phase", 2 * math.pi * torch.rand(features))

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        vectors = prediction.interests.vectors.float()
        unit = normalize(rearrange(vectors, "b k d -> k b d"), dim=-1)
        angle = linear(unit, self.frequency).float() + self.phase
        features = angle.cos() * (2 / len(self.phase)) ** 0.5
        centred = features - features.mean(1, keepdim=True)
        gram = centred @ centred.mT  # <z(m_k of row b), z(m_k of row c)>: [K B B]
        K, rows = gram.shape[:2]
        # sum over b, c of G_i G_j = B^2 |Cov|^2; over all pairs by the square of a sum
        pairs = (gram.sum(0).square() - gram.square().sum(0)).sum() / 2
        return self.weight * pairs / rows**2 / max(K * (K - 1) / 2, 1)
