"""Interests that count unequally, by a learned gate: a mixture (Yang et al., ICLR 2018).

There each component is normalised before it is mixed; here all are normalised together, so that the
joint score stays a logsumexp. Zhai et al. (KDD 2023) gate the logits themselves, item by item.
"""

from collections.abc import Callable

from torch import Tensor, nn

from bam.errors import require
from bam.model.scores import Aggregation
from bam.nn.init import normal_by_fan_in
from bam.records import Interests, Mixture


class Gate(nn.Module):
    """score(i) = pool over k of <m_k, e_i> + log g_k, g = softmax_k(<v, tanh(W m_k + U s + b)>).

    s is the backbone's summary of the history: U s is there with `history` alone. The gate sees no
    target, and has no order of the interests. What trains it is a loss in which interests answer
    through their gate, as in the multi-interest loss, whose joint score is logsumexp_k(<m_k, e_i> +
    log g_k); or regularisation=foreseen. A gate linear in m_k would learn almost nothing:
    <m_k, e_i> + <v, m_k> = <m_k, e_i + v> moves every item equally.
    """

    def __init__(self, dim: int, hidden: int, history: bool, pooling: Aggregation):
        super().__init__()
        require(hidden >= 1, "hidden must be at least 1", hidden)
        self.hidden, self.energy = nn.Linear(dim, hidden), nn.Linear(hidden, 1, bias=False)
        self.of_history = nn.Linear(dim, hidden, bias=False) if history else None
        for matrix in [weight for weight in self.parameters() if weight.ndim == 2]:
            normal_by_fan_in(matrix.data)
        self.hidden.bias.data.zero_()
        self.pooling = pooling

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Mixture:
        """With log g_k of each interest."""
        hidden = self.hidden(interests.vectors)
        if self.of_history is not None:
            hidden = hidden + self.of_history(interests.summary)[:, None]
        energy = self.energy(hidden.tanh())[..., 0]
        return Mixture.gated(interests, energy.float().log_softmax(1))

    @property
    def pool(self) -> Callable[..., Tensor]:
        """That of `pooling`, of scores that have log g_k in them."""
        return self.pooling.pool
