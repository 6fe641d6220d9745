"""A mixture of softmaxes, weighted by a gate that does not see the target (BACH, arXiv 2607.08107).

Yang et al. (ICLR 2018) mix softmaxes in language models.
"""

from torch import nn

from bam.records import Answer, Choice
from bam.records import Mixture as Interests


class Mixture(nn.Module):
    """weight * mean over rows of -log sum_k pi_k p_k(target), p_k(i) = exp <m_k, e_i> / Z_k.

    Each interest is normalised by itself, so that it wins by its weight and not by its length; pi
    is the weight that the aggregation gives, such as aggregation=mixture. p_k is exact under
    likelihood=full_softmax; under a sampled one Z_k is estimated from the target and the
    negatives. Of any likelihood -log p_k is its nll of interest k, label smoothing included. The
    gradient with respect to log pi is pi - gamma, gamma_k = pi_k p_k / sum_j pi_j p_j: what each
    interest is responsible for. BACH's distributions round the interests are left out: its
    concentration is the similarity's temperature.
    """

    reads_choice = False

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def forward(self, mixture: Interests, choice: Choice) -> Answer:
        # outside of training log_weight has -log Z_k in it, and weight is pi
        log_weight = mixture.log_weight if self.training else mixture.weight.log()
        log_pi = log_weight.log_softmax(1)
        return Answer(mixture.vectors, None, None, log_pi.exp(), log_mix=log_pi)
