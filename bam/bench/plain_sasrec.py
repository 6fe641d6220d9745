"""SASRec in the simplest form: the program that our transformer of one interest is compared with.

The model and losses of `backbone=sasrec` by the formulas of bam.model.backbone.transformer and
bam.objective.likelihood (Kang, McAuley, ICDM 2018). A batch is made of Python lists, padded to L,
and every position of a window has a target; the scores of all targets, with the negatives or with
all items, are in memory at once; testing takes one user at a time. It uses nothing but PyTorch.
"""

import random
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from bam.records import PAD


@dataclass(frozen=True)
class Scheme:
    """Sizes of the model, and the number of negatives: 0 is a softmax over all items.

    It is a Program of bam.bench.reference.
    """

    dim: int
    history_length: int
    blocks: int
    heads: int
    dropout: float
    num_negatives: int

    def build(self, num_items: int) -> "PlainSASRec":
        """The model for items 1..num_items."""
        return PlainSASRec(num_items, self)

    def draw_loss(
        self, model: "PlainSASRec", users: list[list[int]], batch_size: int
    ) -> tuple[Float[Tensor, ""], int]:
        """The loss of a batch that is drawn now, and how many targets it has."""
        device = model.items.weight.device
        history, target = (t.to(device) for t in draw_windows(users, batch_size, self))
        negatives = draw_negatives(model.items.num_embeddings - 1, self.num_negatives)
        return loss(model, history, target, negatives.to(device)), int((target != PAD).sum())

    def best_items(self, model: "PlainSASRec", user: list[int], count: int) -> list[int]:
        """The `count` unseen items with the highest scores for a user's last target."""
        return best_items(model, user, self.history_length, count)


class PlainSASRec(nn.Module):
    """Blocks of causal self-attention over the items and their positions."""

    def __init__(self, num_items: int, scheme: Scheme):
        super().__init__()
        self.items = nn.Embedding(num_items + 1, scheme.dim, padding_idx=PAD)
        self.position = nn.Parameter(0.02 * torch.randn(scheme.history_length, scheme.dim))
        self.dropout = nn.Dropout(scheme.dropout)
        sizes = scheme.dim, scheme.heads, scheme.dropout
        self.blocks = nn.ModuleList(PlainBlock(*sizes) for _ in range(scheme.blocks))
        self.norm = nn.LayerNorm(scheme.dim)

    def forward(self, history: Int[Tensor, "B L"]) -> Float[Tensor, "B L D"]:
        """The state after each item; positions count back from the last one."""
        length, most = (history != PAD).sum(1, keepdim=True), len(self.position)
        place = torch.arange(history.shape[1], device=history.device)
        position = self.position[(most - length + place).clamp(max=most - 1)]
        states = self.dropout(self.items(history) * self.items.embedding_dim**0.5 + position)
        for block in self.blocks:
            states = block(states)
        return self.norm(states)


class PlainBlock(nn.Module):
    """x += attention(norm x); x += feed_forward(norm x)."""

    def __init__(self, dim: int, heads: int, dropout: float):
        super().__init__()
        self.before_attention, self.before_feed = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.feed = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "B L D"]) -> Float[Tensor, "B L D"]:
        normed = self.before_attention(x)
        later = nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device)
        attended, _ = self.attention(
            normed, normed, normed, attn_mask=later, is_causal=True, need_weights=False
        )
        x = x + self.dropout(attended)
        return x + self.dropout(self.feed(self.before_feed(x)))


def draw_windows(
    users: list[list[int]], batch_size: int, scheme: Scheme
) -> tuple[Int[Tensor, "B L"], Int[Tensor, "B L"]]:
    """The last windows of users before their last two items, and the item after each of theirs."""
    histories, targets = [], []
    for user in random.choices(users, k=batch_size):
        window = user[-scheme.history_length - 3 : -2]
        padding = [PAD] * (scheme.history_length + 1 - len(window))
        histories.append(window[:-1] + padding)
        targets.append(window[1:] + padding)
    return torch.tensor(histories), torch.tensor(targets)


def draw_negatives(num_items: int, count: int) -> Int[Tensor, " S"]:
    """`count` different items for all targets."""
    return 1 + torch.randperm(num_items)[:count]


def loss(
    model: PlainSASRec,
    history: Int[Tensor, "B L"],
    target: Int[Tensor, "B L"],
    negatives: Int[Tensor, " S"],
) -> Float[Tensor, ""]:
    """The mean over all targets of -log softmax, over all items if there are no negatives."""
    real = target != PAD
    states, label = model(history)[real], target[real]
    if len(negatives) == 0:
        return cross_entropy(states @ model.items.weight[1:].T, label - 1)
    positive = (states * model.items(label)).sum(1, keepdim=True)
    accidental_hit = negatives == label[:, None]
    negative = (states @ model.items(negatives).T).masked_fill(accidental_hit, -torch.inf)
    return cross_entropy(torch.cat([positive, negative], 1), torch.zeros_like(label))


@torch.no_grad()
def best_items(model: PlainSASRec, user: list[int], length: int, count: int) -> list[int]:
    """The `count` unseen items with the highest scores for a user's last target, best first."""
    seen = user[:-1]
    window = torch.tensor([seen[-length:]], device=model.items.weight.device)
    scores = model(window)[0, -1] @ model.items.weight.T
    scores[[PAD, *seen]] = -torch.inf
    return scores.topk(count).indices.tolist()
