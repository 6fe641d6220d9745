"""Initial values of BaM's experiments: matrices normal with std sqrt(2 / fan_in), biases 0."""

from jaxtyping import Float
from torch import Tensor, nn


def normal_by_fan_in(matrix: Float[Tensor, "... D"]) -> None:
    """Fill a matrix in place; fan_in is the size of its last axis."""
    nn.init.normal_(matrix, std=(2 / matrix.shape[-1]) ** 0.5)
