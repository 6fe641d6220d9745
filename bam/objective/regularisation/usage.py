"""Usage: shared interests that take equal parts of all histories (CMI: Li et al., SIGIR 2022)."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.linalg import vector_norm

from bam.errors import require
from bam.model.backbone.global_interests import memberships
from bam.objective.prototypes import prototypes
from bam.records import Prediction


class Usage(nn.Module):
    """weight * std_k(u) / mean_k(u), u_k the mean of softmax_k(cos(x_t, c_k) / temperature).

    The mean is over all items x_t of a batch's histories, c are the prototypes of the backbone, and
    the deviation is that of a sample. It is 0 where all prototypes have equal parts.
    """

    def __init__(self, weight: float, temperature: float):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        self.weight, self.temperature = weight, temperature

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        shared, histories = prototypes(prediction.backbone, "usage"), prediction.histories
        share = memberships(histories.items, shared, self.temperature).float()
        total = (share * histories.real[..., None]).sum((0, 1))
        relative = total / total.mean()
        # the gradient of a norm is 0, not NaN, where all parts are equal
        spread = vector_norm(relative - 1) / max(len(relative) - 1, 1) ** 0.5
        return self.weight * spread
