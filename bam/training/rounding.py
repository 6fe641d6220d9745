"""Which thread counts round training steps alike, so that any of them may take any step."""

import hashlib
import time
from collections.abc import Iterable
from statistics import median

import torch
from torch import Tensor, nn

from bam.records import Batch
from bam.system.device import random_state, restore_random_state


def interchangeable(
    step: nn.Module, batches: Iterable[Batch], counts: list[int], device: torch.device
) -> list[int]:
    """The counts whose losses and gradients equal those of the quickest in all these batches.

    Sums are rounded by the order of their terms, and some operations cut them into one part a
    thread: a sum to one number, a product whose inner dimension is long, an exponential over an
    odd number of elements. It depends on the shapes, so several batches are tried. Weights,
    buffers and random generators stay as they are; gradients are removed.
    """
    random, buffers = random_state(device), [buffer.clone() for buffer in step.buffers()]
    before = torch.get_num_threads()
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    bits: dict[int, list[bytes]] = {count: [] for count in counts}
    step.train()
    for batch in batches:
        for count in counts:
            torch.set_num_threads(count)
            restore_random_state(device, random)
            began = time.perf_counter()
            step.zero_grad()
            loss = step(batch)
            loss.backward()
            seconds[count].append(time.perf_counter() - began)
            bits[count] += _bits(step, loss)
            for buffer, value in zip(step.buffers(), buffers, strict=True):
                buffer.copy_(value)
    restore_random_state(device, random)
    step.zero_grad()
    torch.set_num_threads(before)
    quickest = min(counts, key=lambda count: median(seconds[count]))
    return [count for count in counts if bits[count] == bits[quickest]]


def _bits(step: nn.Module, loss: Tensor) -> list[bytes]:
    """A hash of the loss and of each gradient."""
    gradients = [weight.grad for weight in step.parameters() if weight.grad is not None]
    parts = [part for each in gradients for part in _dense(each)]
    return [_hash(each) for each in [loss.detach(), *parts]]


def _dense(gradient: Tensor) -> tuple[Tensor, ...]:
    if not gradient.is_sparse:
        return (gradient,)
    whole = gradient.coalesce()
    return whole.indices(), whole.values()


def _hash(tensor: Tensor) -> bytes:
    """Of torch's own, two changes of one bit can cancel."""
    values = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
    return hashlib.blake2b(values.numpy().data, digest_size=16).digest()
