"""How much of the history each interest explains (as PinnerSage, Pal et al., KDD 2020)."""

from jaxtyping import Bool, Float
from torch import Tensor

from bam.model.scores import interest_scores
from bam.records import Mixture


class History:
    """w_k = mean over the history's items i of softmax_k(<m_k, e_i> + log_weight_k).

    PinnerSage weighs a cluster by the actions in it; here an action is shared among the interests
    by their scores, and the gate of the aggregation, where it has one, is the prior.
    """

    def __call__(
        self, mixture: Mixture, history: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]
    ) -> Float[Tensor, "B K"]:
        """The weights of each user; each row sums to 1."""
        share = interest_scores(mixture, history).softmax(1)
        return (share * real[:, None]).sum(2) / real.sum(1, keepdim=True)
