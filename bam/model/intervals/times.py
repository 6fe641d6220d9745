"""How much time lies between two items of a history."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.records import Histories


class Times(nn.Module):
    """x_ij = |t_i - t_j| / unit, with the times t of the history in seconds."""

    without_times = "intervals=positions"

    def __init__(self, unit: float):
        super().__init__()
        require(unit > 0, "unit must be above 0", unit)
        self.unit = unit

    def forward(self, histories: Histories) -> Float[Tensor, "B L L"]:
        times = histories.times
        apart = (times[:, :, None] - times[:, None]).abs()
        return apart.to(histories.items.dtype) / self.unit
