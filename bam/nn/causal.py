"""What a backbone needs to answer at every position of a history."""

from functools import partial

import torch
from einops import rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from bam.nn.compiled import call, compiled, suits
from bam.records import Histories

c = partial(compiled, "attend")


def last_place(real: Bool[Tensor, "B L"]) -> Int[Tensor, " B"]:
    """The index of each row's last real item in the flattened history [B * L]."""
    row = torch.arange(real.shape[0], device=real.device)
    return row * real.shape[1] + real.sum(1) - 1


def states_at(states: Float[Tensor, "B L ..."], place: Int[Tensor, " N"]) -> Float[Tensor, "N ..."]:
    """The states at these indices of the flattened history [B * L]."""
    return states.flatten(0, 1).index_select(0, place)


def mean_item(histories: Histories) -> Float[Tensor, "B D"]:
    """The mean of each history's items."""
    if suits(histories.items) and c():
        return MeanItem.apply(histories.items, histories.real)
    real = histories.real[..., None]
    return (histories.items * real).sum(1) / real.sum(1).clamp(min=1)


class MeanItem(torch.autograd.Function):
    """`mean_item` in C, which reads real items alone."""

    @staticmethod
    def forward(ctx, items: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]) -> Tensor:
        B, L, D = items.shape
        mean = items.new_empty(B, D)
        call(c().mean_item, B, L, D, items, real.contiguous(), mean)
        ctx.save_for_backward(real)
        return mean

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Float[Tensor, "B D"]) -> tuple[Tensor, None]:
        (real,) = ctx.saved_tensors
        count = real.sum(1, keepdim=True).clamp(min=1)
        return (gradient / count)[:, None] * real[:, :, None], None


def running_mean(histories: Histories, place: Int[Tensor, " N"]) -> Float[Tensor, "N D"]:
    """The mean of the items up to these places of the flattened history."""
    count = torch.arange(1, histories.items.shape[1] + 1, device=place.device)[:, None]
    return states_at(histories.items.cumsum(1) / count, place)


def causal_attention(
    energy: Float[Tensor, "B L K"], values: Float[Tensor, "B L D"]
) -> Float[Tensor, "B L K D"]:
    """sum_{l <= t} softmax_{l <= t}(energy_lk) value_l, at every position t and for each k.

    Under autocast the products are in its precision, the softmax is in float32.
    """
    return rearrange(CausalPooling.apply(energy, values), "b k l d -> b l k d")


class CausalPooling(torch.autograd.Function):
    """`causal_attention` as [B K L D]: quicker than attention between queries and keys.

    The energy has no query, so neither pass makes one. Each sum has one order with any number of
    threads, which torch's gradient of a softmax has not.
    """

    @staticmethod
    def forward(ctx, energy: Float[Tensor, "B L K"], values: Float[Tensor, "B L D"]) -> Tensor:
        B, L, K = energy.shape
        later = torch.ones(L, L, dtype=torch.bool, device=energy.device).triu_(1)
        every = rearrange(energy, "b l k -> b k 1 l").expand(B, K, L, L)
        precise = torch.promote_types(energy.dtype, torch.float32)
        share = every.masked_fill(later, -torch.inf).softmax(3, dtype=precise)
        share = share.to(values.dtype).view(B, K * L, L)
        pooled = torch.bmm(share, values)
        ctx.save_for_backward(share.to(pooled.dtype), values.to(pooled.dtype), pooled)
        ctx.dtypes = energy.dtype, values.dtype
        return pooled.view(B, K, L, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Float[Tensor, "B K L D"]) -> tuple[Tensor, Tensor]:
        share, values, pooled = ctx.saved_tensors
        length, grad = values.shape[1], grad.flatten(1, 2)
        mean = (grad * pooled).sum(2, keepdim=True)
        grad_share = torch.bmm(grad, values.transpose(1, 2))
        grad_energy = grad_share.sub_(mean).mul_(share).unflatten(1, (-1, length)).sum(2)
        grad_values = torch.bmm(share.transpose(1, 2), grad)
        energy_dtype, values_dtype = ctx.dtypes
        return rearrange(grad_energy, "b k l -> b l k").to(energy_dtype), grad_values.to(
            values_dtype
        )
