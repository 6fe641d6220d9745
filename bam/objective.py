"""What training minimises: the sum of losses and regularisation of one batch."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from bam.model import Recommender
from bam.records import PAD, Batch, Candidates, Interests


@runtime_checkable
class Sampling(Protocol):
    """How the backbone is asked about a batch: a part of bam.sampling."""

    def interests(
        self, backbone: nn.Module, items: Tensor, real: Tensor, batch: Batch
    ) -> Interests: ...


class Objective(nn.Module):
    """Every loss sees the same negatives.

    Regularisation is a sum over the batch; where `ranks` processes each see a part of it and their
    gradients are averaged, it counts as often.
    """

    def __init__(
        self,
        sampling: Sampling,
        negatives: Callable[[Tensor], Tensor],
        losses: Mapping[str, nn.Module],
        regularisation: Mapping[str, nn.Module],
        ranks: int,
    ):
        super().__init__()
        self.sampling, self.negatives, self.ranks = sampling, negatives, ranks
        self.losses = nn.ModuleDict(dict(losses))
        self.regularisation = nn.ModuleDict(dict(regularisation))

    def forward(self, model: Recommender, batch: Batch) -> Float[Tensor, ""]:
        negative = self.negatives(batch.target)
        history, target, negatives = model.embed(batch.history, batch.target, negative)
        interests = self.sampling.interests(model.backbone, history, batch.history != PAD, batch)
        interests = Interests(interests.vectors.float(), interests.routing.float())
        own = negative == batch.target[:, None]
        candidates = Candidates(target, negatives, own, model.items.weight[PAD + 1 :])
        total = sum(loss(interests, candidates) for loss in self.losses.values())
        return total + self.ranks * sum(t(interests) for t in self.regularisation.values())
