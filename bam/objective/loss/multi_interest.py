"""Multi-interest loss L_m: all interests answer together (Lee et al., 2024, eq. 10-12)."""

from torch import nn

from bam.records import Answer, Choice, Mixture


class MultiInterest(nn.Module):
    """weight * mean over the batch of the nll of s_i = logsumexp_k(<m_k, e_i> + log g_k).

    log g_k is the log_weight of the mixture: 0 without a gate.
    """

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def forward(self, mixture: Mixture, choice: Choice) -> Answer:
        weight = mixture.vectors.new_ones(len(mixture.vectors), 1)
        return Answer(mixture.vectors, None, mixture.log_weight[:, None], weight)
