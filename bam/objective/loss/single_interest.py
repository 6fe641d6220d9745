"""Single-interest loss L_s: the chosen interest answers alone (Lee et al., 2024, eq. 13)."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.records import Candidates, Interests


class SingleInterest(nn.Module):
    """weight * mean over the batch of sum_c w_c nll(m_c), c the interests that were chosen."""

    def __init__(self, weight: float, selection: nn.Module, likelihood: nn.Module):
        super().__init__()
        self.weight, self.selection, self.likelihood = weight, selection, likelihood

    def forward(self, interests: Interests, candidates: Candidates) -> Float[Tensor, ""]:
        choice = self.selection(interests.vectors, candidates.target)
        nll = self.likelihood(interests.vectors, choice.interest[..., None], candidates)
        # weights sum to 1: a constant changes no value, and calms the gradient of a draw
        usual = nll.detach().mean()
        return self.weight * ((choice.weight * (nll - usual)).sum(1).mean() + usual)
