"""torch's compiler is not imported to train, and what optimizers compute stays the same."""

import subprocess
import sys

from tests.conftest import ROOT

CODE = """
import copy, sys
import torch
from torch.optim import Adam, Optimizer
from bam.system.torch_compiler import WRAPPED, leave_out_compiler
from bam.training.optimizer.adamw import adamw
from bam.training.optimizer.lazy_adam import LazyAdam

def trained(kind):
    torch.manual_seed(1)
    layer = torch.nn.Linear(5, 3)
    optimizer = kind(layer.parameters())
    for _ in range(4):
        optimizer.zero_grad()
        (layer(torch.randn(6, 5)) ** 2).sum().backward()
        optimizer.step()
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    return [weight.tolist() for weight in layer.parameters()]

KINDS = [
    lambda weights: Adam(weights, lr=0.01, fused=True),
    lambda weights: Adam(weights, lr=0.01),
    lambda weights: adamw(weights, lr=0.01, weight_decay=0.1, fused=True),
    lambda weights: LazyAdam(weights, lr=0.01),
]
methods, step = {name: getattr(Optimizer, name) for name in WRAPPED}, Adam.step
leave_out_compiler()
leave_out_compiler()
ours = [trained(kind) for kind in KINDS]
assert "torch._dynamo" not in sys.modules
for name, method in methods.items():
    setattr(Optimizer, name, method)
Adam.step = step
assert ours == [trained(kind) for kind in KINDS]
assert "torch._dynamo" in sys.modules
"""


def test_optimizers_without_the_compiler_move_the_weights_alike():
    subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, check=True)
