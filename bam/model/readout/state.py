"""The state itself is the one interest, as in SASRec and GRU4Rec."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.nn.causal import states_at


class State(nn.Module):
    """m_1 = h."""

    def __init__(self, num_interests: int):
        super().__init__()
        require(num_interests == 1, "num_interests must be 1 with readout=state", num_interests)

    def forward(
        self, states: Float[Tensor, "B L D"], place: Int[Tensor, " N"]
    ) -> Float[Tensor, "N K D"]:
        return states_at(states, place)[:, None]
