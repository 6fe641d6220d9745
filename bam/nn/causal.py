"""What a backbone needs to answer at every position of a history."""

import torch
from einops import rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention


def last_place(real: Bool[Tensor, "B L"]) -> Int[Tensor, " B"]:
    """The index of each row's last real item in the flattened history [B * L]."""
    row = torch.arange(len(real), device=real.device)
    return row * real.shape[1] + real.sum(1) - 1


def states_at(states: Float[Tensor, "B L ..."], place: Int[Tensor, " N"]) -> Float[Tensor, "N ..."]:
    """The states at these indices of the flattened history [B * L]."""
    return states.flatten(0, 1).index_select(0, place)


def causal_attention(
    energy: Float[Tensor, "B L K"], values: Float[Tensor, "B L D"]
) -> Float[Tensor, "B L K D"]:
    """sum_{l <= t} softmax_{l <= t}(energy_lk) value_l, at every position t and for each k."""
    key = rearrange(energy, "b l k -> b k l 1")
    value = values[:, None].expand(-1, energy.shape[2], -1, -1)
    query = torch.ones_like(key)  # of width 1, so that query times key is the energy itself
    pooled = scaled_dot_product_attention(query, key, value, is_causal=True, scale=1.0)
    return rearrange(pooled, "b k l d -> b l k d")
