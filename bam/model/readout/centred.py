"""Interests around the state, which is their mean."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.nn.causal import states_at


class Centred(nn.Module):
    """m_k = h + r_k - mean_j r_j, where another readout makes r.

    The mean of r is subtracted: it would be a second map of the state, and an offset in favour of
    some items for all users. One interest is the state itself, as in SASRec.
    """

    def __init__(self, readout: nn.Module):
        super().__init__()
        self.readout = readout

    def forward(
        self, states: Float[Tensor, "B L D"], place: Int[Tensor, " N"]
    ) -> Float[Tensor, "N K D"]:
        interests = self.readout(states, place)
        return states_at(states, place)[:, None] + interests - interests.mean(1, keepdim=True)
