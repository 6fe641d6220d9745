"""Weights by the model's own gate, which is trained to foresee them."""

from jaxtyping import Bool, Float
from torch import Tensor

from bam.records import Mixture


class Gate:
    """w_k is the weight that the aggregation gives: equal where it has no gate."""

    def __call__(
        self, mixture: Mixture, history: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]
    ) -> Float[Tensor, "B K"]:
        """The weights of each user; each row sums to 1."""
        return mixture.weight
