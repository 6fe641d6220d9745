"""What training minimises: the sum of losses and regularisation of one batch."""

from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor, nn

from bam.model import Recommender
from bam.records import PAD, Batch, Candidates


class Objective(nn.Module):
    """Every loss sees the same negatives, and every term is a mean over rows.

    So processes may see a part of a batch each, and average their gradients.
    """

    def __init__(
        self,
        negatives: Callable[[Tensor], Tensor],
        losses: Mapping[str, nn.Module],
        regularisation: Mapping[str, nn.Module],
    ):
        super().__init__()
        self.negatives = negatives
        self.losses = nn.ModuleDict(dict(losses))
        self.regularisation = nn.ModuleDict(dict(regularisation))

    def forward(self, model: Recommender, batch: Batch) -> Float[Tensor, ""]:
        negative = self.negatives(batch.target)
        history, target, negatives = model.embed(batch.history, batch.target, negative)
        interests = model.mixture(history, batch.history != PAD)
        own = negative == batch.target[:, None]
        candidates = Candidates(target, negatives, own, model.items.weight[PAD + 1 :])
        terms = (*self.losses.values(), *self.regularisation.values())
        return sum(term(interests, candidates) for term in terms)
