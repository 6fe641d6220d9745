"""The parts of the loss, apart: a large regularisation hides how the others change."""

import torch

from bam.records import Batch
from bam.system.device import random_state, restore_random_state
from bam.training.step import Step

PREFIX = "loss/"  # of their names in metrics.jsonl


@torch.no_grad()
def loss_parts(step: Step, batch: Batch, seed: int) -> dict[str, float]:
    """Each loss and regularisation of one batch, with its weight, by names such as loss/routing.

    Without dropout, and with the same draws for the same seed: the numbers of a run differ by its
    weights alone. Random generators and buffers stay as they are; the step is left in eval mode.
    """
    device = batch.target.device
    random = random_state(device)
    step.eval()
    torch.manual_seed(seed)
    parts = {f"{PREFIX}{name}": float(term) for name, term in step.terms(batch).items()}
    restore_random_state(device, random)
    return parts
