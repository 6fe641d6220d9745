"""One training step's arithmetic: everything that is learned, and the loss of a batch."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.model.recommender import Recommender
from bam.objective.objective import Objective
from bam.records import Batch


class Step(nn.Module):
    """The objective of a model; under bf16 products are in bfloat16, losses in float32."""

    def __init__(self, model: Recommender, objective: Objective, bf16: bool):
        super().__init__()
        self.model, self.objective, self.bf16 = model, objective, bf16

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        with torch.autocast(batch.target.device.type, torch.bfloat16, enabled=self.bf16):
            return self.objective(self.model, batch)

    def terms(self, batch: Batch) -> dict[str, Float[Tensor, ""]]:
        """The parts whose sum is the loss of the batch, by their names."""
        with torch.autocast(batch.target.device.type, torch.bfloat16, enabled=self.bf16):
            return self.objective.terms(self.model, batch)
