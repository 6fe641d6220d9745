"""Sampled softmax (Jean et al., ACL 2015).

Negatives are drawn uniformly, so the correction by log Q is one constant; it is left out.
"""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import softplus

from bam.records import Candidates
from bam.score import MASKED, against_negatives, inner_products, joint_score


class SampledSoftmax(nn.Module):
    """-log(exp s_target / (exp s_target + sum_j exp s_j)) over the negatives j, in nats.

    s is the joint score of a group of interests; the group's own target never counts as negative.
    """

    def forward(
        self, vectors: Float[Tensor, "B G K E"], candidates: Candidates
    ) -> Float[Tensor, "B G"]:
        positive = joint_score(inner_products(vectors, candidates.target[:, None]))[..., 0]
        products = against_negatives(vectors, candidates)
        products = products.masked_fill(candidates.own[:, None, None], MASKED)
        # summing over interests and negatives at once is the sum over negatives of exp s_j
        return softplus(rearrange(products, "b g k s -> b g (k s)").logsumexp(-1) - positive)
