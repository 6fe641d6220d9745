"""Soft selection through learned linear layers, BaM_l (Lee et al., 2024, eq. 7 and 9)."""

from einops import einsum
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.nn.init import normal_by_fan_in
from bam.objective.selection.soft import Drawn, Expected


class Linear(nn.Module):
    """c_k = <W1 m_k + b1, W2 e_target + b2>, W: D -> linear_size (eq. 9)."""

    def __init__(self, dim: int, linear_size: int):
        super().__init__()
        require(linear_size >= 1, "linear_size must be at least 1", linear_size)
        self.of_interest = nn.Linear(dim, linear_size)
        self.of_item = nn.Linear(dim, linear_size)
        for layer in (self.of_interest, self.of_item):
            normal_by_fan_in(layer.weight.data)
            layer.bias.data.zero_()

    def forward(
        self, vectors: Float[Tensor, "B K D"], target: Float[Tensor, "B D"]
    ) -> Float[Tensor, "B K"]:
        return einsum(self.of_interest(vectors), self.of_item(target), "b k w, b w -> b k")


def drawn(tau: float, dim: int, linear_size: int) -> Drawn:
    """BaM_l with layers that learn from their draws, by the gradient that Drawn describes."""
    return Drawn(tau, Linear(dim, linear_size))


def expected(tau: float, dim: int, linear_size: int) -> Expected:
    """BaM_l in expectation: the layers learn from sum_k p_k nll_k."""
    return Expected(tau, Linear(dim, linear_size))


def published(tau: float, dim: int, linear_size: int) -> Drawn:
    """BaM_l as in its program: the layers only feed a draw and keep their initial values."""
    return Drawn(tau, Linear(dim, linear_size).requires_grad_(False))
