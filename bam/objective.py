"""What training minimises: the sum of losses and regularisation of one batch."""

from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor, nn

from bam.model import Recommender
from bam.records import PAD, Batch, Candidates


class Objective(nn.Module):
    """Every loss sees the same negatives."""

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
        interests = model.backbone(history, batch.history != PAD)
        candidates = Candidates(target, negatives, negative == batch.target[:, None])
        total = sum(loss(interests, candidates) for loss in self.losses.values())
        return total + sum(term(interests) for term in self.regularisation.values())
