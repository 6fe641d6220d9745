"""ComiRec-SA's attention, over the states of a causal backbone (Cen et al., KDD 2020, 3.2)."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.nn.causal import causal_attention, states_at
from bam.nn.matmul import linear, tanh_linear


class Attention(nn.Module):
    """M = A H, A = softmax_{l <= t}(W2 tanh(W1 H)), H the states up to each position t."""

    def __init__(self, dim: int, num_interests: int, widening: int):
        super().__init__()
        require(widening >= 1, "widening must be at least 1", widening)
        self.hidden = nn.Linear(dim, widening * dim, bias=False)
        self.attention = nn.Linear(widening * dim, num_interests, bias=False)

    def forward(
        self, states: Float[Tensor, "B L D"], place: Int[Tensor, " N"]
    ) -> Float[Tensor, "N K D"]:
        energy = linear(tanh_linear(states, self.hidden.weight), self.attention.weight)
        return states_at(causal_attention(energy, states), place)
