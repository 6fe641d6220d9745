"""What training minimises: the sum of losses and regularisation of one batch."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from bam.model.recommender import Recommender
from bam.records import PAD, Batch, Candidates, Interests, Negatives


@runtime_checkable
class Sampling(Protocol):
    """How the backbone is asked about a batch: a part of bam.data.sampling."""

    def interests(
        self, backbone: nn.Module, items: Tensor, real: Tensor, batch: Batch
    ) -> Interests: ...


class Objective(nn.Module):
    """Every loss sees the same negatives, and every term is a mean over rows.

    So processes may see a part of a batch each, and average their gradients. A regularisation of
    weight 0, as REMI's under soft selection, is not computed.
    """

    def __init__(
        self,
        sampling: Sampling,
        negatives: Callable[[Tensor], Negatives],
        losses: Mapping[str, nn.Module],
        regularisation: Mapping[str, nn.Module],
    ):
        super().__init__()
        self.sampling, self.negatives = sampling, negatives
        self.losses = nn.ModuleDict(dict(losses))
        asked = {name: term for name, term in regularisation.items() if term.weight != 0}
        self.regularisation = nn.ModuleDict(asked)

    def forward(self, model: Recommender, batch: Batch) -> Float[Tensor, ""]:
        drawn = self.negatives(batch.target)
        history, target, negatives = model.embed(batch.history, batch.target, drawn.ids)
        found = self.sampling.interests(model.backbone, history, batch.history != PAD, batch)
        interests = model.mixture(found)
        candidates = Candidates(
            target=model.similarity(target),
            negatives=model.similarity(negatives),
            log_q=drawn.log_q,
            own=drawn.ids == batch.target[:, None],
            num_items=model.items.num_embeddings - 1,
            table=made_once(lambda: model.table()[PAD + 1 :]),
            log_sums=[],
        )
        terms = (*self.losses.values(), *self.regularisation.values())
        return sum(term(interests, candidates) for term in terms)


def made_once(make: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """`make`, called when it is first asked for and never again; what it made goes to all."""
    made: list[Tensor] = []

    def give() -> Tensor:
        if not made:
            made.append(make())
        return made[0]

    return give
