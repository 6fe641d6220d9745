"""Which thread counts round a training step alike, so that any of them may take any step."""

import time
from statistics import median

import torch
from torch import Tensor, nn

from bam.records import Batch
from bam.system.device import random_state, restore_random_state

STEPS = 3  # steps of each count; the first also prepares kernels


def interchangeable(
    step: nn.Module, batch: Batch, counts: list[int], device: torch.device
) -> list[int]:
    """The counts whose loss and gradients of a batch equal those of the quickest, bit by bit.

    Sums are rounded by the order of their terms, and some operations cut them into one part a
    thread: the gradient of LayerNorm's weights, of a softmax over an uneven width, and a sum to
    one number. With the others the count changes nothing. Weights, buffers and the states of the
    random generators stay as they are; gradients are removed.
    """
    if len(counts) == 1:
        return counts
    random, buffers = random_state(device), [buffer.clone() for buffer in step.buffers()]
    before, seconds, bits = torch.get_num_threads(), {}, {}
    step.train()
    for count in counts:
        torch.set_num_threads(count)
        times = []
        for _ in range(STEPS):
            restore_random_state(device, random)
            began = time.perf_counter()
            step.zero_grad()
            loss = step(batch)
            loss.backward()
            times.append(time.perf_counter() - began)
            for buffer, value in zip(step.buffers(), buffers, strict=True):
                buffer.copy_(value)
        seconds[count], bits[count] = median(times), _bits(step, loss)
    restore_random_state(device, random)
    step.zero_grad()
    torch.set_num_threads(before)
    quickest = min(seconds, key=seconds.__getitem__)
    return [count for count in counts if bits[count] == bits[quickest]]


def _bits(step: nn.Module, loss: Tensor) -> list[int]:
    """A hash of the loss and of each gradient."""
    gradients = [weight.grad for weight in step.parameters() if weight.grad is not None]
    dense = [each.coalesce().values() if each.is_sparse else each for each in gradients]
    return [int(torch.hash_tensor(each).view(torch.int64)) for each in [loss.detach(), *dense]]
