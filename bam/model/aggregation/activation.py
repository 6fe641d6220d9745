"""Interests that may all be active, or none: a sigmoid for each (MIMA, arXiv 2609.12842)."""

from collections.abc import Callable

from torch import Tensor, nn

from bam.errors import require
from bam.model.scores import Aggregation
from bam.nn.init import normal_by_fan_in
from bam.records import Interests, Mixture


class Activation(nn.Module):
    """score(i) = pool over k of <m_k, e_i> + log a_k, a = sigmoid(<v, tanh(W m + U s + b)> + c).

    s is the summary of the history; m_k gets no gradient through a_k. regularisation=activation
    trains it. MIMA multiplies <m_k, e_i> by a_k; here log a_k is added, so that a score below 0
    does not rise where the interest is inactive. MIMA's activation is of one more query of its
    decoder; s is the backbone's.
    """

    def __init__(self, dim: int, hidden: int, pooling: Aggregation):
        super().__init__()
        require(hidden >= 1, "hidden must be at least 1", hidden)
        self.of_interest = nn.Linear(dim, hidden)
        self.of_history = nn.Linear(dim, hidden, bias=False)
        self.energy = nn.Linear(hidden, 1)
        for layer in (self.of_interest, self.of_history, self.energy):
            normal_by_fan_in(layer.weight.data)
        self.of_interest.bias.data.zero_()
        self.energy.bias.data.zero_()
        self.pooling = pooling

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Mixture:
        """With log a_k of each interest."""
        of_interest = self.of_interest(interests.vectors.detach())
        hidden = (of_interest + self.of_history(interests.summary)[:, None]).tanh()
        log_weight = nn.functional.logsigmoid(self.energy(hidden)[..., 0].float())
        return Mixture.gated(interests, log_weight)

    @property
    def pool(self) -> Callable[..., Tensor]:
        """That of `pooling`, of scores that have log a_k in them."""
        return self.pooling.pool
