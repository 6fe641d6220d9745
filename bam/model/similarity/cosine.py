"""The cosine at a temperature: norms, and so popularity, have no influence."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.nn.length import divisor


class Cosine(nn.Module):
    """x / |x| / sqrt(temperature) on both sides, so that the score is cos(m, e) / temperature."""

    def __init__(self, temperature: float):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        self.root = temperature**0.5

    def forward(self, x: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
        return x / (self.root * divisor(x))
