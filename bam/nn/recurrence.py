"""A linear recurrence over time, for all its steps in log2 L passes.

Export knows no complex tensors: E = 2 H has the H real parts, then the H imaginary parts.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad


def linear_recurrence(u: Float[Tensor, "B L E"], decay: Float[Tensor, " E"]) -> Tensor:
    """h_t = decay * h_{t-1} + u_t over complex numbers, [B L E].

    In float32 or above, also under autocast: a state adds up many small terms.
    """
    precise = torch.promote_types(u.dtype, torch.float32)
    return Recurrence.apply(u.to(precise), decay.to(precise))


class Recurrence(torch.autograd.Function):
    """`linear_recurrence`; its gradient is the same recurrence backwards, by the conjugate."""

    @staticmethod
    def forward(ctx, u: Float[Tensor, "B L E"], decay: Float[Tensor, " E"]) -> Tensor:
        states = _scan(u, decay)
        ctx.save_for_backward(states, decay)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Float[Tensor, "B L E"]) -> tuple[Tensor, Tensor]:
        states, decay = ctx.saved_tensors
        real, imaginary = decay.chunk(2)
        grad_u = _scan(grad.flip(1), torch.cat((real, -imaginary))).flip(1)
        (h, hi), (g, gi) = states[:, :-1].chunk(2, 2), grad_u[:, 1:].chunk(2, 2)
        grad_decay = torch.cat(((g * h + gi * hi).sum((0, 1)), (gi * h - g * hi).sum((0, 1))))
        return grad_u, grad_decay


def _scan(u: Float[Tensor, "B L E"], decay: Float[Tensor, " E"]) -> Float[Tensor, "B L E"]:
    """Each pass joins neighbouring pieces: the last state of the left one decays into the right."""
    length, half = u.shape[1], 1
    whole = 1 << (length - 1).bit_length()
    states = pad(u, (0, 0, 0, whole - length))
    p, pi = decay[None].chunk(2, 1)  # the powers 1 to half of decay
    while half < whole:
        left, right = states.unflatten(1, (-1, 2 * half)).split(half, dim=2)
        (last, last_i), (h, hi) = left[:, :, -1:].chunk(2, 3), right.chunk(2, 3)
        h.addcmul_(p, last).addcmul_(pi, last_i, value=-1)
        hi.addcmul_(p, last_i).addcmul_(pi, last)
        q, qi = p[-1], pi[-1]
        p, pi = torch.cat((p, p * q - pi * qi)), torch.cat((pi, p * qi + pi * q))
        half *= 2
    return states[:, :length]
