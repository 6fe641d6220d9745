"""Every item is compared with every query: the true lists."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from bam.serving.faiss import load_faiss


class Exact:
    """A flat index: V D numbers, V D products a query."""

    def __call__(self, vectors: Float[Tensor, "V D"]) -> Any:
        """A FAISS index over these vectors, by inner product."""
        index = load_faiss().IndexFlatIP(vectors.shape[1])
        index.add(vectors.numpy())
        return index
