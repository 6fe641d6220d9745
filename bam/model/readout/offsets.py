"""A direction that all interests share, and a small offset for each."""

from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.nn.causal import states_at
from bam.nn.linear import Linear


class Offsets(nn.Module):
    """m_k = h + W_k h + b_k, with W and b drawn normal with std `spread` / sqrt(D).

    At spread 0 all interests would be the state, and the losses would keep them equal; with a small
    spread training begins near K = 1.
    """

    def __init__(self, dim: int, num_interests: int, spread: float):
        super().__init__()
        require(spread > 0, "spread must be above 0", spread)
        self.num_interests = num_interests
        self.maps = Linear(dim, num_interests * dim)
        nn.init.normal_(self.maps.weight, std=spread * dim**-0.5)
        nn.init.normal_(self.maps.bias, std=spread * dim**-0.5)

    def forward(
        self, states: Float[Tensor, "B L D"], place: Int[Tensor, " N"]
    ) -> Float[Tensor, "N K D"]:
        shared = states_at(states, place)
        offsets = rearrange(self.maps(shared), "n (k d) -> n k d", k=self.num_interests)
        return shared[:, None] + offsets
