"""SINE: a few active prototypes out of many are the interests of a user (Tan et al., WSDM 2021)."""

import torch
from einops import einsum, rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import embedding, normalize

from bam.errors import require
from bam.nn.init import normal_by_fan_in
from bam.nn.layer_norm import LayerNorm
from bam.nn.matmul import linear, tanh_linear
from bam.nn.unpad import apply_unpadded
from bam.records import Histories, Interests


class Sine(nn.Module):
    """Route the history to the K of P prototypes C that suit it best.

    z = sum_t a_t x_t, a = softmax_t <w, tanh(W (x_t + p_t))>, chooses the prototypes of the largest
    <c, z>: C_k = c_k sigmoid(<c_k, z>). Each item is shared among them by
    P(k|t) = softmax_k <norm(V x_t), LN(C_k)>, and each counts by
    P(t|k) = softmax_t <w_k, tanh(W_k (x_t + p_t))>: the routing is their product, scaled to 1, and
    m_k = norm(sum_t routing_kt x_t). norm is the length 1.

    The summary is the paper's predicted intention: norm of the attention, as for z, over
    sum_k P(k|t) C_k, for which aggregation=weighted makes one vector of K. It alone trains a
    and the gates of the prototypes: in P(k|t) the norm takes the gate out again.
    Positions p are learned, count from the oldest item kept, and steer attention only.
    """

    changes_order = True  # from one view of a history to another

    def __init__(self, dim: int, num_interests: int, history_length: int, num_prototypes: int):
        super().__init__()
        rule = f"num_prototypes must be at least num_interests={num_interests}"
        require(num_prototypes >= num_interests, rule, num_prototypes)
        self.num_interests = num_interests
        self.prototypes = nn.Parameter(torch.empty(num_prototypes, dim))
        self.position = nn.Parameter(torch.empty(history_length, dim))
        self.query = nn.Linear(dim, dim, bias=False)
        for matrix in self.parameters():
            normal_by_fan_in(matrix.data)
        self.concept, self.intention = Energy(dim, 1), Energy(dim, 1)
        self.attention = Energy(dim, num_interests)
        self.norm = LayerNorm(dim)

    def forward(self, histories: Histories) -> Interests:
        items, real = histories.items, histories.real
        placed = items + self.position[: items.shape[1]]
        active = self._active(_pool(self.concept, placed, items, real))
        share = self._share(items, active)
        joint = share * _attend(self.attention, placed, real)
        routing = rearrange(joint / joint.sum(1, keepdim=True), "b l k -> b k l")
        vectors = normalize(einsum(routing, items, "b k l, b l d -> b k d"), dim=-1)
        met = share @ active
        intention = normalize(_pool(self.intention, met, met, real), dim=-1)
        return Interests(vectors, routing, intention)

    def _active(self, concept: Float[Tensor, "B D"]) -> Float[Tensor, "B K D"]:
        """The K prototypes that suit a user best, each through its gate."""
        best = linear(concept, self.prototypes).topk(self.num_interests)
        return embedding(best.indices, self.prototypes) * best.values.sigmoid()[..., None]

    def _share(
        self, items: Float[Tensor, "B L D"], active: Float[Tensor, "B K D"]
    ) -> Float[Tensor, "B L K"]:
        """P(k|t) of each item."""
        query = normalize(linear(items, self.query.weight), dim=-1)
        return (query @ self.norm(active).mT).softmax(2, dtype=items.dtype)


class Energy(nn.Module):
    """<w_h, tanh(W_h x)> of each of H heads."""

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.hidden = nn.Parameter(torch.empty(heads * dim, dim))
        self.weight = nn.Parameter(torch.empty(heads, dim))
        for matrix in self.parameters():
            normal_by_fan_in(matrix.data)

    def forward(self, x: Float[Tensor, "*n D"]) -> Float[Tensor, "*n H"]:
        own = torch.block_diag(*self.weight.split(1))  # [H, H D]: each head sees its hidden layer
        return linear(tanh_linear(x, self.hidden), own)


def _attend(
    energy: Energy, x: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]
) -> Float[Tensor, "B L H"]:
    """Its softmax over the real items."""
    return apply_unpadded(energy, x, real, -torch.inf).softmax(1, dtype=x.dtype)


def _pool(
    energy: Energy,
    x: Float[Tensor, "B L D"],
    values: Float[Tensor, "B L D"],
    real: Bool[Tensor, "B L"],
) -> Float[Tensor, "B D"]:
    """The mean of the values under the attention of one head over `x`."""
    return einsum(_attend(energy, x, real)[..., 0], values, "b l, b l d -> b d")
