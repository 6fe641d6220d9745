"""Single-interest loss L_s: the chosen interest answers alone (Lee et al., 2024, eq. 13)."""

from torch import nn

from bam.records import Answer, Choice, Mixture


class SingleInterest(nn.Module):
    """weight * mean over the batch of sum_c w_c nll(m_c), over the chosen interests c.

    An interest that answers alone does not pass through the gate.
    """

    def __init__(self, weight: float):
        super().__init__()
        self.weight = weight

    def forward(self, mixture: Mixture, choice: Choice) -> Answer:
        return Answer(mixture.vectors, choice.interest[..., None], None, choice.weight)
