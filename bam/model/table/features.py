"""Rows that are what is learned of the item alone, plus what is learned of its features."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from bam.data.features import feature_names, read_categories, read_vectors
from bam.data.windows import count_items
from bam.errors import require
from bam.model.rows import lookup, rows_of
from bam.model.table.normal import draw_rows
from bam.records import PAD, Interactions, Spans


class Features(nn.Module):
    """e_i = t_i T_i + sum_f F_f(i), of the features f.

    t_i is 1 if a training history has the item, else 0. F_f(i) is the mean of the rows of the
    item's categories, or W_f x_i of its vector x_i; 0 if it has none. T is drawn as by
    table=normal, and F begins as 0: training starts as without features. An item without training
    is its features alone, so that it can be recommended: T_i would be chance, moved by nothing but
    negatives. In training, `dropout` of the items are without T_i, drawn anew for each lookup: so
    features learn to stand for it (DropoutNet, Volkovs et al., NeurIPS 2017).
    """

    trained: Tensor  # [V+1 1]: t

    def __init__(
        self,
        scale: float,
        features: list[str],
        dropout: float,
        data: Interactions,
        train: Spans,
        dim: int,
        sparse: bool,
    ):
        super().__init__()
        known = feature_names(data.folder)
        rule = f"features must be among those of {data.name}: {', '.join(known) or 'it has none'}"
        require(set(features) <= set(known) and len(features) > 0, rule, features)
        require(0 <= dropout < 1, "dropout must be at least 0 and below 1", dropout)
        self.dropout = dropout
        self.weight, self.sparse = nn.Parameter(draw_rows(data.num_items, dim, scale)), sparse
        trained = (count_items(data, train) > 0).float()[:, None]
        self.register_buffer("trained", trained, persistent=False)
        self.parts = nn.ModuleList(_part(data, name, dim) for name in features)

    def forward(self, ids: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
        return rows_of(ids, len(self.weight), self._add)

    def every(self) -> Float[Tensor, "V1 D"]:
        return self._add(torch.arange(len(self.weight), device=self.weight.device))

    def _add(self, ids: Int[Tensor, " M"]) -> Float[Tensor, "M D"]:
        rows = lookup(ids, self.weight, self.sparse) * self._used()[ids]
        for part in self.parts:
            rows = rows + part(ids)
        return rows

    def _used(self) -> Float[Tensor, "V1 1"]:
        """Of which items T counts in this lookup."""
        if not self.training or not self.dropout:
            return self.trained
        return self.trained * (torch.rand_like(self.trained) >= self.dropout)


class Categories(nn.Module):
    """The mean of the rows of an item's categories."""

    place: Tensor  # [V+1 n]: the categories of each item, PAD in free places

    def __init__(self, place: Int[Tensor, "V1 n"], dim: int):
        super().__init__()
        self.register_buffer("place", place, persistent=False)
        self.weight = nn.Parameter(torch.zeros(int(place.max()) + 1, dim))

    def forward(self, ids: Int[Tensor, " M"]) -> Float[Tensor, "M D"]:
        return embedding_bag(self.place[ids], self.weight, mode="mean", padding_idx=PAD)


class Projected(nn.Module):
    """W x_i of an item's vector x_i; they are scaled so that the mean of |x_i|^2 is 1."""

    vectors: Tensor  # [V+1 X]

    def __init__(self, vectors: Float[Tensor, "V1 X"], dim: int):
        super().__init__()
        square = vectors.square().sum(1)
        size = square.sum() / (square > 0).sum().clamp(min=1)
        self.register_buffer("vectors", vectors / size.sqrt().clamp(min=1e-12), persistent=False)
        self.weight = nn.Parameter(torch.zeros(dim, vectors.shape[1]))

    def forward(self, ids: Int[Tensor, " M"]) -> Float[Tensor, "M D"]:
        return nn.functional.linear(self.vectors[ids], self.weight)


def _part(data: Interactions, name: str, dim: int) -> nn.Module:
    vectors = read_vectors(data, name)
    if vectors is None:
        return Categories(read_categories(data, name), dim)
    return Projected(vectors, dim)
