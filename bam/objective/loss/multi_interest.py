"""Multi-interest loss L_m: all interests answer together (Lee et al., 2024, eq. 10-12)."""

from torch import nn

from bam.errors import MaybeInfinite, require
from bam.records import Answer, Choice, Mixture


class MultiInterest(nn.Module):
    """weight * mean over rows of the nll of s_i = (1/b) log sum_k exp(b (<m_k, e_i> + log g_k)).

    log g_k is the log_weight of the mixture: 0 without a gate. The sharpness b is 1 as published;
    an infinite one is the maximum, with which CMI (SIGIR 2022) and the `all-multihead` of BACH
    (arXiv 2607.08107) train. aggregation=logsumexp serves with the same b.
    """

    reads_choice = False

    def __init__(self, weight: float, sharpness: MaybeInfinite):
        super().__init__()
        require(sharpness > 0, "sharpness must be above 0", sharpness)
        self.weight, self.sharpness = weight, float(sharpness)

    def forward(self, mixture: Mixture, choice: Choice) -> Answer:
        weight = mixture.vectors.new_ones(len(mixture.vectors), 1)
        log_gate = mixture.log_weight[:, None]
        return Answer(mixture.vectors, None, log_gate, weight, self.sharpness)
