"""Search by inner product as search by distance (Bachrach et al., RecSys 2014).

With one more dimension all items have the length of the longest: |(e, sqrt(M^2 - |e|^2))| = M. Then
|(q, 0) - e'|^2 = |q|^2 + M^2 - 2 <q, e>: the nearest item is the one with the largest product.
Graphs and clusters that are made for distances find products so with a higher recall.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from bam.serving.faiss import load_faiss


def lengthen(vectors: Float[Tensor, "V D"]) -> Float[Tensor, "V E"]:
    """The vectors with one more dimension, E = D + 1, all of one length."""
    square = vectors.square().sum(1, keepdim=True)
    return torch.cat([vectors, (square.max() - square).clamp(min=0).sqrt()], 1)


def of_products(index: Any, dim: int) -> Any:
    """An index of lengthened vectors as one that is searched by vectors of `dim` numbers."""
    faiss = load_faiss()
    add_zero = faiss.RemapDimensionsTransform(dim, dim + 1, False)
    return faiss.IndexPreTransform(add_zero, index)
