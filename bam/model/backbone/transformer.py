"""A causal transformer, as SASRec (Kang, McAuley, ICDM 2018), with a readout of K interests."""

from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.nn.functional import embedding

from bam.errors import require
from bam.nn.attention import mask_later
from bam.nn.causal import last_place, states_at
from bam.nn.dropout import Dropout
from bam.nn.layer_norm import LayerNorm
from bam.nn.packing import Packing
from bam.records import Histories, Interests


class Transformer(nn.Module):
    """Blocks over the items; the readout makes interests of the normed states.

    Learned positions count back from the latest place, so that the last item is always at L.
    Dropout applies to the embedded items and to what each half of a block adds, not to attention.
    All blocks add the same bias to the attention between two places.
    """

    def __init__(
        self,
        dim: int,
        history_length: int,
        blocks: int,
        heads: int,
        dropout: float,
        block: Callable[[int, int, float], nn.Module],
        bias: nn.Module,
        readout: nn.Module,
    ):
        super().__init__()
        require(blocks >= 0, "blocks must be at least 0", blocks)
        require(heads >= 1, "heads must be at least 1", heads)
        require(dim % heads == 0, f"heads must divide dim {dim}", heads)
        self.position = nn.Parameter(torch.empty(history_length, dim))
        nn.init.normal_(self.position, std=0.02)
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(block(dim, heads, dropout) for _ in range(blocks))
        self.norm = LayerNorm(dim)
        self.bias, self.readout = bias, readout

    def forward(self, histories: Histories) -> Interests:
        return self.at(histories, last_place(histories.real))

    def at(self, histories: Histories, place: Int[Tensor, " N"]) -> Interests:
        """The interests after the items at these places of the flattened history."""
        items, real = histories.items, histories.real
        length = real.sum(1, keepdim=True)
        step = torch.arange(items.shape[1], device=items.device)
        back = (len(self.position) - length + step).clamp(max=len(self.position) - 1)
        # else the small values of the table are lost beside what the blocks add
        # (Vaswani et al., NeurIPS 2017, 3.4)
        packing = Packing.of(real)
        scaled = packing.pack(items) * items.shape[2] ** 0.5
        states = self.dropout(scaled + embedding(packing.pack(back), self.position))
        bias = self.bias(histories)
        mask = None if bias is None else mask_later(bias)
        for block in self.blocks:
            states = block(states, packing, mask)
        states = packing.unpack(self.norm(states))
        return Interests.unrouted(self.readout(states, place), states_at(states, place))
