"""An index of artificial items: what it finds, how long it takes, how large it is.

The items lie around planted centres, as trained ones do: around each a normal distribution, and
their lengths differ. An interest is near a centre. Vectors without clusters have no near items,
and no index but the exact one finds them.
"""

import math
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from bam.bench.figures import Figures, peak_memory
from bam.errors import require
from bam.model.additions import Additions
from bam.model.aggregation.maximum import Maximum
from bam.records import Interests, Mixture
from bam.serving.export.index import search_by, write_index
from bam.serving.faiss import load_faiss
from bam.serving.search import Exact

NONE = Additions.none(torch.device("cpu"))
POOL = Maximum().pool
BLOCK = 50  # users


class Indexing:
    """Recall of the n best items by the maximum over interests, milliseconds of one user, size.

    The catalogue has dataset.num_items items of width dim around `clusters` centres; each of the
    `users` has num_interests interests. The times are of the search alone, without the encoder, on
    one thread; the index is built by `threads`.
    """

    def __init__(self, index: Callable[[Tensor], Any], clusters: int, users: int, n: int):
        for name, value in {"clusters": clusters, "users": users, "n": n}.items():
            require(value >= 1, f"{name} must be at least 1", value)
        self.index, self.clusters, self.users, self.n = index, clusters, users, n

    @torch.inference_mode()
    def __call__(self, config: Mapping[str, Any]) -> Figures:
        torch.manual_seed(config["seed"])
        table, mixture = self._draw(config)
        load_faiss().omp_set_num_threads(config["threads"] or torch.get_num_threads())
        began = time.perf_counter()
        index = self.index(table[1:].contiguous())
        built = time.perf_counter() - began
        torch.set_num_threads(1)
        search, exact = search_by(index, table), Exact.of(table, BLOCK * config["num_interests"])
        hits, spent = 0, []
        for part in _blocks(mixture):
            true = exact.pooled(part, POOL, NONE, self.n).item
            for row, one in enumerate(_blocks(part, 1)):
                began = time.perf_counter()
                found = search.pooled(one, POOL, NONE, self.n).item
                spent.append(1000 * (time.perf_counter() - began))
                hits += int(torch.isin(found[0], true[row]).sum())
        return Figures(
            higher={"recall": hits / (self.n * self.users)},
            lower={
                "one_user_ms": statistics.median(spent),
                "one_user_p99_ms": sorted(spent)[math.ceil(0.99 * len(spent)) - 1],
                "build_seconds": built,
                "index_mb": _size(index) / 2**20,
                **peak_memory(torch.device("cpu")),
            },
        )

    def _draw(self, config: Mapping[str, Any]) -> tuple[Float[Tensor, "V1 D"], Mixture]:
        V, D = config["dataset"]["num_items"], config["dim"]
        centre = torch.randn(self.clusters, D)
        table = centre[torch.randint(self.clusters, (V + 1,))] + 0.5 * torch.randn(V + 1, D)
        table *= 1 + 0.2 * torch.randn(V + 1, 1).abs()
        near = centre[torch.randint(self.clusters, (self.users, config["num_interests"]))]
        vectors = near + 0.5 * torch.randn_like(near)
        return table, Mixture.equal(Interests.unrouted(vectors, vectors[:, 0]))


def _blocks(mixture: Mixture, size: int = BLOCK) -> list[Mixture]:
    parts = (mixture.vectors, mixture.routing, mixture.log_weight, mixture.weight)
    return [Mixture(*some) for some in zip(*(part.split(size) for part in parts), strict=True)]


def _size(index: Any) -> int:
    """Bytes of its file."""
    with TemporaryDirectory() as folder:
        write_index(Path(folder), index)
        return sum(path.stat().st_size for path in Path(folder).iterdir())
