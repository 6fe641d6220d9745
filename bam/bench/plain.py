"""The same model and losses in the simplest form: the program that ours is compared with.

ComiRec-SA, soft selection, interest-aware hard negatives, L_s + L_m and routing regularisation, by
the formulas of bam.model.backbone, bam.objective.likelihood and bam.objective.loss. Batches come
from Python lists, padded to L; each row draws its negatives without replacement; L_m scores the
whole catalogue and picks the negatives from it; testing takes one user at a time. It uses nothing
but PyTorch.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from bam.records import PAD


@dataclass(frozen=True)
class PlainBatch:
    """A batch: histories padded to L, and the item after each."""

    history: Int[Tensor, "B L"]
    target: Int[Tensor, " B"]


@dataclass(frozen=True)
class Scheme:
    """Sizes of the model, and weights of the losses; L_m is not computed if its weight is 0.

    It is a Program of bam.bench.reference.
    """

    dim: int
    num_interests: int
    history_length: int
    widening: int
    num_negatives: int
    tau: float
    beta: float
    multi_interest: float
    routing: float

    def build(self, num_items: int) -> "Plain":
        """The model for items 1..num_items."""
        return Plain(num_items, self)

    def draw_loss(
        self, model: "Plain", users: list[list[int]], batch_size: int
    ) -> tuple[Float[Tensor, ""], int]:
        """The loss of a batch that is drawn now, and how many targets it has."""
        drawn = draw_batch(users, batch_size, self.history_length)
        negatives = draw_negatives(model.items.num_embeddings - 1, batch_size, self.num_negatives)
        device = model.items.weight.device
        batch = PlainBatch(drawn.history.to(device), drawn.target.to(device))
        return loss(model, self, batch, negatives.to(device), draw_interest), batch_size

    def best_items(self, model: "Plain", user: list[int], count: int) -> list[int]:
        """The `count` unseen items with the highest scores for a user's last target."""
        return best_items(model, user, self.history_length, count)


class Plain(nn.Module):
    """ComiRec-SA on an item table."""

    def __init__(self, num_items: int, scheme: Scheme):
        super().__init__()
        dim, hidden = scheme.dim, scheme.widening * scheme.dim
        self.items = nn.Embedding(num_items + 1, dim, padding_idx=PAD)
        self.position = nn.Parameter(torch.randn(scheme.history_length, dim) * (2 / dim) ** 0.5)
        self.hidden = nn.Linear(dim, hidden, bias=False)
        self.attention = nn.Linear(hidden, scheme.num_interests, bias=False)

    def forward(self, history: Int[Tensor, "B L"]) -> tuple[Tensor, Tensor]:
        """Interests [B K D] and their routing [B K L]."""
        items = self.items(history)
        energy = self.attention(torch.tanh(self.hidden(items + self.position)))
        energy = energy.masked_fill((history == PAD)[..., None], -torch.inf)
        routing = energy.softmax(dim=1).transpose(1, 2)
        return routing @ items, routing


def draw_batch(users: list[list[int]], batch_size: int, length: int) -> PlainBatch:
    """A user, then one of the positions before the user's last two items."""
    histories, targets = [], []
    for user in random.choices(users, k=batch_size):
        place = random.randrange(1, len(user) - 2)
        history = user[max(0, place - length) : place]
        histories.append(history + [PAD] * (length - len(history)))
        targets.append(user[place])
    return PlainBatch(torch.tensor(histories), torch.tensor(targets))


def draw_negatives(num_items: int, rows: int, count: int) -> Int[Tensor, "B S"]:
    """`count` different items for each row."""
    return torch.stack([1 + torch.randperm(num_items)[:count] for _ in range(rows)])


def draw_interest(
    vectors: Float[Tensor, "B K D"], target: Float[Tensor, "B D"], tau: float
) -> Int[Tensor, " B"]:
    """One interest a row, from softmax_k(tau <m_k, e_target>)."""
    correlation = (vectors @ target[:, :, None]).squeeze(2)
    return torch.multinomial((tau * correlation).softmax(1), 1).squeeze(1)


def loss(
    model: Plain,
    scheme: Scheme,
    batch: PlainBatch,
    negatives: Int[Tensor, "B S"],
    choose: Callable[[Tensor, Tensor, float], Tensor],
) -> Float[Tensor, ""]:
    """L_s, and L_m and routing regularisation with their weights."""
    vectors, routing = model(batch.history)
    target = model.items(batch.target)
    with torch.no_grad():
        interest = choose(vectors, target, scheme.tau)
    chosen = vectors[torch.arange(len(vectors)), interest]
    accidental_hit = negatives == batch.target[:, None]
    positive = (chosen * target).sum(1)
    negative = (model.items(negatives) @ chosen[:, :, None]).squeeze(2)
    total = hard_negatives(positive, negative, accidental_hit, scheme.beta)
    if scheme.multi_interest:
        scores = (vectors @ model.items.weight.T).logsumexp(dim=1)
        positive = scores.gather(1, batch.target[:, None]).squeeze(1)
        multi = hard_negatives(positive, scores.gather(1, negatives), accidental_hit, scheme.beta)
        total = total + scheme.multi_interest * multi
    return total + scheme.routing * routing_regularisation(routing, scheme.dim)


def hard_negatives(
    positive: Float[Tensor, " B"],
    negative: Float[Tensor, "B S"],
    accidental_hit: Bool[Tensor, "B S"],
    beta: float,
) -> Float[Tensor, ""]:
    """Mean of -s_target + log(exp s_target + N), as in bam.objective.likelihood.hard_negatives."""
    top = torch.maximum(positive, negative.amax(1)).detach()[:, None]
    real = (~accidental_hit).float()
    raised = (negative - top).exp() * real
    importance = (beta * (negative - top)).exp() * real
    mean = importance.sum(1) / real.sum(1)
    hard = (importance * raised).sum(1) / mean
    positive = positive - top.squeeze(1)
    return (torch.log(positive.exp() + hard) - positive).mean()


def routing_regularisation(routing: Float[Tensor, "B K L"], dim: int) -> Float[Tensor, ""]:
    """|| diag((A - mean A)(A - mean A)^T / D) ||^2, summed over the batch."""
    centred = routing - routing.mean(2, keepdim=True)
    covariance = centred @ centred.transpose(1, 2) / dim
    return covariance.diagonal(dim1=1, dim2=2).square().sum()


@torch.no_grad()
def best_items(model: Plain, user: list[int], length: int, count: int) -> list[int]:
    """The `count` unseen items with the highest scores for a user's last target, best first."""
    seen = user[:-1]
    window = seen[-length:] + [PAD] * (length - len(seen))
    device = model.items.weight.device
    vectors, _ = model(torch.tensor([window], device=device))
    scores = (vectors[0] @ model.items.weight.T).amax(0)
    scores[[PAD, *seen]] = -torch.inf
    return scores.topk(count).indices.tolist()
