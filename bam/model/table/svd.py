"""Rows that are made of counts: which items come near each other (Levy, Goldberg, NIPS 2014)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import pad

from bam.data.cooccurrence import meetings
from bam.errors import require
from bam.model.rows import lookup
from bam.records import Interactions, Spans

SPARE = 10  # more directions than are kept, so that those are accurate (Halko et al., 2011)


class Svd(nn.Module):
    """E = U S^(1/2) of P = U S V^T, of the D largest values, P_ij = max(0, log(n n_ij / n_i n_j)).

    n_ij is how often items i and j are at most `steps` places apart in a training history, and n_i
    and n are its sums. An item that meets none has a row of 0, and so has padding. Training goes
    on from these rows; trainer.max_steps=0 keeps them.
    """

    def __init__(self, steps: int, data: Interactions, train: Spans, dim: int, sparse: bool):
        super().__init__()
        require(steps >= 1, "steps must be at least 1", steps)
        first, second = meetings(data, train, steps)
        rows = _largest(_association(first, second, data.num_items + 1), dim)
        rows[torch.bincount(first, minlength=len(rows)) == 0] = 0  # it is but for rounding
        self.weight, self.sparse = nn.Parameter(rows), sparse

    def forward(self, ids: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
        return lookup(ids, self.weight, self.sparse)

    def every(self) -> Float[Tensor, "V1 D"]:
        return self.weight


def _association(first: Int[Tensor, " M"], second: Int[Tensor, " M"], V1: int) -> Tensor:
    """The sparse matrix P [V1 V1] of these meetings."""
    pair, together = torch.unique(first * V1 + second, return_counts=True)
    i, j, alone = pair // V1, pair % V1, torch.bincount(first, minlength=V1).double()
    ratio = together * alone.sum() / (alone[i] * alone[j])
    value, place = ratio.log().relu().float(), torch.stack([i, j])
    return torch.sparse_coo_tensor(place, value, (V1, V1), check_invariants=True)


def _largest(matrix: Tensor, dim: int) -> Float[Tensor, "V1 D"]:
    """U S^(1/2) of the largest singular values; 0 in the columns that a small matrix has not."""
    U, S, _ = torch.svd_lowrank(matrix, q=min(dim + SPARE, len(matrix)), niter=4)
    rows = (U * S.sqrt())[:, :dim]
    return pad(rows, (0, dim - rows.shape[1])).contiguous()
