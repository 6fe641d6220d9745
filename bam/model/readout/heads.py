"""A linear map of the state for each interest."""

from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.nn.causal import states_at
from bam.nn.linear import Linear


class Heads(nn.Module):
    """m_k = W_k h + b_k."""

    def __init__(self, dim: int, num_interests: int):
        super().__init__()
        self.num_interests = num_interests
        self.maps = Linear(dim, num_interests * dim)

    def forward(
        self, states: Float[Tensor, "B L D"], place: Int[Tensor, " N"]
    ) -> Float[Tensor, "N K D"]:
        mapped = self.maps(states_at(states, place))
        return rearrange(mapped, "n (k d) -> n k d", k=self.num_interests)
