"""The scores of what a likelihood compares: the target and its negatives."""

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

from bam.errors import Mistake
from bam.model.scores import gated_products
from bam.nn.logsumexp import log_sum_exp
from bam.records import Candidates

MASKED = -1e9  # finite: a row whose every negative is its own target costs 0 and not NaN


def grouped(
    vectors: Float[Tensor, "B K E"], group: Int[Tensor, "B G M"]
) -> Float[Tensor, "B G M E"]:
    """The interests of each group, which answer together."""
    index = group.flatten(1)[..., None].expand(-1, -1, vectors.shape[2])
    return vectors.gather(1, index).unflatten(1, group.shape[1:])  # quicker than take_along_dim


def inner_products(
    vectors: Float[Tensor, "B G K E"], items: Float[Tensor, "R S D"]
) -> Float[Tensor, "B G K S"]:
    """<m_k, e_i>, for items that all rows share (R = 1) or that each row has its own of (R = B)."""
    flat = rearrange(vectors, "b g k e -> b (g k) e")
    # one plain matrix product where the items are shared
    products = gated_products(flat, items.squeeze(0))
    return rearrange(products, "b (g k) s -> b g k s", g=vectors.shape[1]).float()


def against_negatives(
    vectors: Float[Tensor, "B G K E"], candidates: Candidates
) -> Float[Tensor, "B G K S"]:
    """<m_k, e_j> for the negatives j.

    Raises:
        Mistake: there are none.
    """
    if candidates.own.shape[1] == 0:
        raise Mistake("this likelihood needs negatives: such as negatives=shared")
    return inner_products(vectors, candidates.negatives)


def correction(candidates: Candidates) -> Float[Tensor, "B S"]:
    """What is added to the scores of negatives, and to theirs alone (logQ correction).

    -log V q_j, for negatives that were not drawn uniformly (Bengio, Senecal, IEEE TNN 2008; Yi et
    al., RecSys 2019); MASKED where the negative is the row's own target.
    """
    return torch.where(candidates.own, MASKED, -candidates.log_q)


def joint_score(products: Float[Tensor, "B G K S"]) -> Float[Tensor, "B G S"]:
    """s_i = logsumexp_k <m_k, e_i>, of interests that answer together (BaM, eq. 10-11)."""
    return log_sum_exp(products, 2) if products.shape[2] > 1 else products[:, :, 0]


def of_target(vectors: Float[Tensor, "B G K E"], candidates: Candidates) -> Float[Tensor, "B G"]:
    """The joint score of each group for its row's own target."""
    return joint_score(inner_products(vectors, candidates.target[:, None]))[..., 0]


def label_smoothed(
    nll: Float[Tensor, "B G"],
    positive: Float[Tensor, "B G"],
    mean: Float[Tensor, "B G"],
    share: float,
) -> Float[Tensor, "B G"]:
    """-(1 - share) log p_target - share * mean_i log p_i, of `mean` = mean_i s_i.

    So the target's label is 1 - share, and all candidates have the rest in common (Szegedy et al.,
    CVPR 2016, section 7).
    """
    return nll + share * (positive - mean)
