"""GRU4Rec: a recurrent network (Hidasi et al., ICLR 2016), with a readout of K interests."""

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.nn.causal import last_place
from bam.nn.dropout import Dropout
from bam.nn.init import normal_by_fan_in
from bam.records import Interests


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

    def forward(self, items: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]) -> Interests:
        return self.at(items, real, last_place(real))

    def at(
        self, items: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"], place: Int[Tensor, " N"]
    ) -> Interests:
        """The interests after the items at these places of the flattened history."""
        states, _ = self.recurrence(self.dropout(items))
        return Interests.unrouted(self.readout(self.project(states), place))
