"""What training minimises: the sum of losses and regularisation of one batch."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.model.recommender import Recommender
from bam.objective.answers import narrow
from bam.objective.candidates import accidental_hits
from bam.records import (
    PAD,
    Answer,
    Batch,
    Candidates,
    Histories,
    Interests,
    Negatives,
    Prediction,
)


@runtime_checkable
class Sampling(Protocol):
    """How a batch passes through the backbone: a part of bam.data.sampling."""

    def interests(self, backbone: nn.Module, histories: Histories, batch: Batch) -> Interests: ...


class Objective(nn.Module):
    """sum of loss.weight * cost(answer of the loss) + regularisation; each a mean over rows.

    So processes may see a part of a batch each, and average their gradients. All losses have the
    same negatives and the same choice of interests. What has weight 0 is not computed: such as
    REMI's regularisation under soft selection, or one of two losses.
    """

    def __init__(
        self,
        sampling: Sampling,
        negatives: Callable[[Tensor], Negatives],
        selection: nn.Module,
        likelihood: nn.Module,
        losses: Mapping[str, nn.Module],
        regularisation: Mapping[str, nn.Module],
    ):
        super().__init__()
        self.sampling, self.negatives = sampling, negatives
        self.selection, self.likelihood = selection, likelihood
        self.losses, self.regularisation = _used(losses), _used(regularisation)

    def forward(self, model: Recommender, batch: Batch) -> Float[Tensor, ""]:
        return torch.stack(list(self.terms(model, batch).values())).sum()

    def terms(self, model: Recommender, batch: Batch) -> dict[str, Float[Tensor, ""]]:
        """What is added up: each loss and each regularisation, with its weight, by its name."""
        drawn = self.negatives(batch.target)
        history, target, negatives = model.embed(batch.history, batch.target, drawn.ids)
        histories = Histories(batch.history, history, batch.history != PAD, batch.times)
        interests = self.sampling.interests(model.backbone, histories, batch)
        mixture = model.mixture(interests)
        candidates = Candidates(
            target=model.similarity(target),
            negatives=model.similarity(negatives),
            log_q=drawn.log_q,
            accidental_hit=accidental_hits(drawn.ids, batch),
            num_items=model.num_items,
            table=model.real_rows,
            everywhere=model.shards.everywhere,
        )
        choice = self.selection(mixture.vectors, candidates.target, batch.place)
        answers = narrow([loss(mixture, choice) for loss in self.losses.values()])
        nlls = self.likelihood(answers, candidates)
        weights: dict[str, Any] = {name: loss.weight for name, loss in self.losses.items()}
        prediction = Prediction(
            batch, histories, model.backbone, interests, mixture, candidates, choice
        )
        terms = {name: term(prediction) for name, term in self.regularisation.items()}
        for (name, weight), answer, nll in zip(weights.items(), answers, nlls, strict=True):
            terms[name] = weight * cost(answer, nll)
        return terms


def _used(terms: Mapping[str, nn.Module]) -> nn.ModuleDict:
    return nn.ModuleDict({name: term for name, term in terms.items() if term.weight != 0})


def cost(answer: Answer, nll: Float[Tensor, "B G"]) -> Float[Tensor, ""]:
    """Mean over rows of sum_g w_g nll_g, g the groups that answer.

    The weights w of a row sum to 1, so that taking the mean nll off and adding it again changes no
    value; it reduces the variance of the gradient of a draw (Williams, 1992). The mean is over all
    B rows, the row itself too: the expected gradient of w is (B - 1) / B of that without it, and 0
    where a batch has one target.
    Where the probabilities of the groups are added, it is the mean of
    -log sum_g exp(log_mix_g - nll_g).
    """
    if answer.log_mix is not None:
        return -(answer.log_mix - nll).logsumexp(1).mean()
    mean = nll.detach().mean()
    return (answer.weight * (nll - mean)).sum(1).mean() + mean
