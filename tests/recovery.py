"""Does each interest take the items of one category? What planted users are made for."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.model.recommender import Recommender
from bam.model.scores import inner_products
from bam.records import PAD, Histories


def adjusted_rand_index(found: Int[Tensor, " N"], true: Int[Tensor, " N"]) -> float:
    """How far two partitions of N things agree on pairs, beyond chance (Hubert, Arabie, 1985).

    (pairs that are together in both - what chance gives) / (the most there can be - what chance
    gives): 1 where they are equal, 0 on average for a random one. Partitions that must agree, as
    two of a single part each, have 1.
    """
    both = torch.stack([found, true]).unique(dim=1, return_counts=True)[1]
    together, mine, yours = (
        float((n * (n - 1) / 2).sum())
        for n in (both, *(part.unique(return_counts=True)[1] for part in (found, true)))
    )
    every = len(found) * (len(found) - 1) / 2
    chance, most = mine * yours / max(every, 1), (mine + yours) / 2
    return (together - chance) / (most - chance) if most != chance else 1.0


@torch.no_grad()
def recovery(
    model: Recommender, read: Int[Tensor, "B L"], times: Int[Tensor, "B W"], category: Tensor
) -> Float[Tensor, " B"]:
    """Of each history, the adjusted Rand index of its items' interests against their categories.

    An item belongs to the interest with the largest share of it in the routing of the backbone; of
    one without routing, to the interest that scores it highest. `category` [V1] has that of every
    item. The interests are the backbone's, before an aggregation makes one of them.
    """
    interest = _interest_of_items(model, Histories(read, model.items(read), read != PAD, times))
    return torch.tensor(
        [
            adjusted_rand_index(of_items[items != PAD], category[items[items != PAD]])
            for of_items, items in zip(interest, read, strict=True)
        ]
    )


def _interest_of_items(model: Recommender, histories: Histories) -> Int[Tensor, "B L"]:
    found = model.backbone(histories)
    if found.routing.shape[2]:
        return found.routing.argmax(1)
    items, vectors = model.similarity(histories.items), model.similarity(found.vectors)
    return inner_products(vectors, items).argmax(1)
