"""A map of the catalogue: the principal components of the item vectors."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

AXES = 3  # of which the page shows two at a time


@dataclass(frozen=True)
class Projection:
    """From vectors to places on the map; P is at most AXES."""

    centre: Float[Tensor, " D"]
    axes: Float[Tensor, "D P"]
    share: Float[Tensor, " P"]  # of the variance of the item vectors
    popularity: Float[Tensor, " P"]  # correlation of an axis with log(1 + interactions)

    def __call__(self, vectors: Float[Tensor, "*b D"]) -> Float[Tensor, "*b P"]:
        """The places of items or of interests."""
        return (vectors.double() - self.centre) @ self.axes


def fit_projection(table: Float[Tensor, "V1 D"], count: Int[Tensor, " V1"]) -> Projection:
    """The components of the rows of trained items, as they score; popular items are to the right.

    Every axis points to where popular items are, so that the map of one model is always the same.
    """
    trained = count > 0
    rows, known = table[trained].double(), count[trained].double().log1p()
    centre = rows.mean(0)
    variance, axes = torch.linalg.eigh((rows - centre).mT @ (rows - centre))
    variance, axes = variance.flip(0), axes.flip(1)[:, :AXES]
    places = (rows - centre) @ axes
    correlation = torch.corrcoef(torch.cat([known[None], places.mT]))[0, 1:].nan_to_num()
    sign = torch.where(correlation < 0, -1.0, 1.0)
    share = (variance.clamp(min=0)[:AXES] / variance.clamp(min=0).sum()).nan_to_num()
    return Projection(centre, axes * sign, share, correlation.abs())
