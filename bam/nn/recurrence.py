"""A linear recurrence over time, for all its steps in log2 L passes."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

Complex = tuple[Tensor, Tensor]  # the real and the imaginary part; export knows no complex tensors


def linear_recurrence(
    u: Float[Tensor, "2 B L H"], decay: Float[Tensor, "2 H"]
) -> Float[Tensor, "2 B L H"]:
    """h_t = decay * h_{t-1} + u_t over complex numbers; the first axis has their two parts.

    In float32 or above, also under autocast: a state adds up many small terms.
    """
    precise = torch.promote_types(u.dtype, torch.float32)
    return torch.stack(Recurrence.apply(*u.to(precise), *decay.to(precise)))


class Recurrence(torch.autograd.Function):
    """`linear_recurrence` of separate parts; its gradient is the same recurrence backwards."""

    @staticmethod
    def forward(
        ctx,
        u_real: Float[Tensor, "B L H"],
        u_imaginary: Float[Tensor, "B L H"],
        real: Float[Tensor, " H"],
        imaginary: Float[Tensor, " H"],
    ) -> Complex:
        states = _scan((u_real, u_imaginary), (real, imaginary))
        ctx.save_for_backward(*states, real, imaginary)
        return states

    @staticmethod
    @once_differentiable
    def backward(
        ctx, grad_real: Float[Tensor, "B L H"], grad_imaginary: Float[Tensor, "B L H"]
    ) -> tuple[Tensor, ...]:
        real, imaginary = ctx.saved_tensors[2:]
        later = _scan((grad_real.flip(1), grad_imaginary.flip(1)), (real, -imaginary))
        g, gi = (part.flip(1) for part in later)
        h, hi = (part[:, :-1] for part in ctx.saved_tensors[:2])
        k, ki = g[:, 1:], gi[:, 1:]
        return g, gi, (k * h + ki * hi).sum((0, 1)), (ki * h - k * hi).sum((0, 1))


def _scan(u: Complex, decay: Complex) -> Complex:
    """Each pass joins neighbouring pieces: the last state of the left one decays into the right."""
    length, half = u[0].shape[1], 1
    whole = 1 << (length - 1).bit_length()
    h, hi = (pad(part, (0, 0, 0, whole - length)) for part in u)
    p, pi = (part[None] for part in decay)  # its powers 1 to half
    while half < whole:
        (left, right), (left_i, right_i) = (
            part.unflatten(1, (-1, 2 * half)).split(half, dim=2) for part in (h, hi)
        )
        last, last_i = left[:, :, -1:], left_i[:, :, -1:]
        right.addcmul_(p, last).addcmul_(pi, last_i, value=-1)
        right_i.addcmul_(p, last_i).addcmul_(pi, last)
        q, qi = p[-1], pi[-1]
        p, pi = torch.cat((p, p * q - pi * qi)), torch.cat((pi, p * qi + pi * q))
        half *= 2
    return h[:, :length], hi[:, :length]
