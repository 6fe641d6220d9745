"""Clusters of items, of which a query searches the nearest (inverted file; Jegou et al., 2011)."""

import math
from typing import Any

from jaxtyping import Float
from torch import Tensor

from bam.errors import require
from bam.serving.faiss import load_faiss
from bam.serving.reduction import lengthen, of_products

FEWEST = 39  # vectors a cluster that FAISS wants to train on


class Ivf:
    """k-means over the lengthened vectors; about V nprobe / nlist items are compared with a query.

    nlist 0 is 4 sqrt(V), nprobe 0 is 3 V^(1/4): both the clusters and the compared items grow more
    slowly than V. `points` vectors a cluster train k-means.
    """

    def __init__(self, nlist: int, nprobe: int, points: int):
        require(nlist >= 0, "nlist must be at least 0", nlist)
        require(nprobe >= 0, "nprobe must be at least 0", nprobe)
        require(points >= FEWEST, f"points must be at least {FEWEST}", points)
        self.nlist, self.nprobe, self.points = nlist, nprobe, points

    def __call__(self, vectors: Float[Tensor, "V D"]) -> Any:
        """A FAISS index over these vectors, by distance between lengthened vectors."""
        faiss, (V, D) = load_faiss(), vectors.shape
        clusters = min(self.nlist or round(4 * math.sqrt(V)), max(1, V // FEWEST))
        index = faiss.IndexIVFFlat(faiss.IndexFlatL2(D + 1), D + 1, clusters)
        index.cp.max_points_per_centroid = self.points
        items = lengthen(vectors).numpy()
        index.train(items)
        index.add(items)
        index.nprobe = min(self.nprobe or round(3 * V**0.25), clusters)
        return of_products(index, D)
