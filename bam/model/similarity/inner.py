"""The inner product, as it is or at a temperature."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require


class Inner(nn.Module):
    """x / sqrt(temperature) on both sides, so that the score is <m, e> / temperature.

    At temperature 1 it is x itself, and nothing is copied.
    """

    def __init__(self, temperature: float):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        self.root = temperature**0.5

    def forward(self, x: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
        return x if self.root == 1 else x / self.root
