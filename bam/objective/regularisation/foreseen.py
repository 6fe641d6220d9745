"""A gate that foresees which interest the target will choose (TiMiRec, CIKM 2022)."""

from einops import einsum
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from bam.errors import require
from bam.records import Prediction

SMALLEST = 1e-30  # a weight whose logarithm is finite


class Foreseen(nn.Module):
    """weight * T^2 * mean over rows of KL(p || q), in nats.

    p = softmax_k(cos(m_k, e_target) / T) sees the target and gets no gradient; q =
    softmax_k(log w_k / T) does not see it, w the weights that the aggregation gives. So the gate
    learns, before the target is known, what the target would choose: distillation (Hinton et al.,
    2015), whose T^2 keeps the gradient of one size for every temperature T.
    TiMiRec's q is made by a GRU with a table of its own, and training has a first stage without
    this term; here the gate sees the interests and the backbone's summary of the history, and
    everything learns from the first step on.
    """

    trains_gate = "weight"

    def __init__(self, weight: float, temperature: float):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        self.weight, self.temperature = weight, temperature

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        T, mixture = self.temperature, prediction.mixture
        unit = normalize(mixture.vectors, dim=-1).detach()
        target = normalize(prediction.candidates.target, dim=-1).detach()
        log_p = (einsum(unit, target, "b k d, b d -> b k") / T).log_softmax(1)
        log_q = (mixture.weight.clamp(min=SMALLEST).log() / T).log_softmax(1)
        divergence = (log_p.exp() * (log_p - log_q)).sum(1)
        return self.weight * T**2 * divergence.mean()
