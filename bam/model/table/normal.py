"""Rows that are learned, and begin with values of a normal distribution."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.model.rows import lookup
from bam.nn.init import normal_by_fan_in
from bam.records import PAD, Interactions, Spans
from bam.system.huge_pages import zeros


class Normal(nn.Module):
    """Every item's row is drawn with std scale * sqrt(2 / D), BaM's at scale 1; padding is 0."""

    def __init__(self, scale: float, data: Interactions, train: Spans, dim: int, sparse: bool):
        super().__init__()
        self.weight, self.sparse = nn.Parameter(draw_rows(data.num_items, dim, scale)), sparse

    def forward(self, ids: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
        return lookup(ids, self.weight, self.sparse)

    def every(self) -> Float[Tensor, "V1 D"]:
        return self.weight


def draw_rows(num_items: int, dim: int, scale: float) -> Float[Tensor, "V1 D"]:
    """First values of rows, with std scale * sqrt(2 / D); that of padding is 0.

    Raises:
        Mistake: scale is not above 0.
    """
    require(scale > 0, "scale must be above 0", scale)
    rows = zeros(num_items + 1, dim)
    normal_by_fan_in(rows)
    rows *= scale
    rows[PAD] = 0
    return rows
