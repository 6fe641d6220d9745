"""GRU4Rec: a recurrent network (Hidasi et al., ICLR 2016), with a readout of K interests."""

from jaxtyping import Int
from torch import Tensor, nn

from bam.errors import require
from bam.nn.causal import last_place, states_at
from bam.nn.dropout import Dropout
from bam.nn.init import normal_by_fan_in
from bam.records import Histories, Interests


class Gru4Rec(nn.Module):
    """The readout makes interests of a linear map of the GRU's states; dropout before the GRU."""

    def __init__(self, dim: int, hidden: int, layers: int, dropout: float, readout: nn.Module):
        super().__init__()
        require(hidden >= 1, "hidden must be at least 1", hidden)
        require(layers >= 1, "layers must be at least 1", layers)
        self.dropout = Dropout(dropout)
        self.recurrence = nn.GRU(dim, hidden, layers, batch_first=True)
        self.project = nn.Linear(hidden, dim, bias=False)
        normal_by_fan_in(self.project.weight.data)
        self.readout = readout

    def forward(self, histories: Histories) -> Interests:
        return self.at(histories, last_place(histories.real))

    def at(self, histories: Histories, place: Int[Tensor, " N"]) -> Interests:
        """The interests after the items at these places of the flattened history."""
        states, _ = self.recurrence(self.dropout(histories.items))
        states = self.project(states)
        return Interests.unrouted(self.readout(states, place), states_at(states, place))
