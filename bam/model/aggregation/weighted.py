"""One vector of K interests, by a prediction of what comes next (SINE: Tan et al., WSDM 2021)."""

from collections.abc import Callable

from einops import einsum
from torch import Tensor, nn
from torch.nn.functional import normalize

from bam.errors import require
from bam.model.aggregation.maximum import maximum
from bam.records import Interests, Mixture


class Weighted(nn.Module):
    """score(i) = <u, e_i>, u = sum_k w_k m_k, w = softmax_k(cos(m_k, s) / temperature).

    s is the backbone's summary of the history; SINE's is the intention that it predicts.
    """

    def __init__(self, temperature: float):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        self.temperature = temperature

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Mixture:
        """One interest, and its routing: the weighted sums of those of K."""
        vectors, routing = interests.vectors, interests.routing
        unit, summary = normalize(vectors, dim=-1), normalize(interests.summary, dim=-1)
        cosine = einsum(unit, summary, "b k d, b d -> b k")
        weight = (cosine / self.temperature).softmax(1)[:, None]
        one = weight @ vectors
        return Mixture.equal(Interests(one, weight @ routing, interests.summary))

    pool = staticmethod(maximum)  # of the one interest: its own score
