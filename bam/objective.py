"""What training minimises: the sum of losses and regularisation of one batch."""

from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor, nn

from bam.model import Recommender
from bam.records import PAD, Batch, Candidates, Interests


class Objective(nn.Module):
    """Every loss sees the same negatives.

    Regularisation is a sum over the batch; where `ranks` processes each see a part of it and their
    gradients are averaged, it counts as often.
    """

    def __init__(
        self,
        negatives: Callable[[Tensor], Tensor],
        losses: Mapping[str, nn.Module],
        regularisation: Mapping[str, nn.Module],
        ranks: int,
    ):
        super().__init__()
        self.negatives, self.ranks = negatives, ranks
        self.losses = nn.ModuleDict(dict(losses))
        self.regularisation = nn.ModuleDict(dict(regularisation))

    def forward(self, model: Recommender, batch: Batch) -> Float[Tensor, ""]:
        negative = self.negatives(batch.target)
        history, target, negatives = model.embed(batch.history, batch.target, negative)
        interests = model.backbone(history, batch.history != PAD)
        interests = Interests(interests.vectors.float(), interests.routing.float())
        own = negative == batch.target[:, None]
        candidates = Candidates(target, negatives, own, model.items.weight[PAD + 1 :])
        total = sum(loss(interests, candidates) for loss in self.losses.values())
        return total + self.ranks * sum(t(interests) for t in self.regularisation.values())
