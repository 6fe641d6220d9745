"""GRU4Rec: a recurrent network's last state is the interest (Hidasi et al., ICLR 2016)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from bam.initial import normal_by_fan_in
from bam.mistake import require
from bam.records import Interests


class Gru4Rec(nn.Module):
    """One interest: a linear map of the GRU's state after the last item; dropout before the GRU."""

    def __init__(self, dim: int, num_interests: int, hidden: int, layers: int, dropout: float):
        super().__init__()
        require(num_interests == 1, "num_interests must be 1 with gru4rec", num_interests)
        self.dropout = nn.Dropout(dropout)
        self.recurrence = nn.GRU(dim, hidden, layers, batch_first=True)
        self.project = nn.Linear(hidden, dim, bias=False)
        normal_by_fan_in(self.project.weight.data)

    def forward(self, items: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]) -> Interests:
        states, _ = self.recurrence(self.dropout(items))
        last = real.sum(1) - 1
        vectors = self.project(states.take_along_dim(last[:, None, None], dim=1))
        at_last = torch.arange(items.shape[1], device=last.device) == last[:, None]
        return Interests(vectors, at_last[:, None].to(items.dtype))
