"""Checkpoints of BaM's published program: their names of tensors and ours."""

import logging
from pathlib import Path

from torch import Tensor, nn

from bam.errors import Mistake
from bam.run.checkpoint import compare
from bam.run.tensors import load_torch

log = logging.getLogger(__name__)

SELECTION = "objective.selection.correlation"
NAMES = {
    "embeddings.weight": "model.items.weight",
    "position_embedding": "model.backbone.position",
    "linear1.0.weight": "model.backbone.hidden.weight",
    "linear2.weight": "model.backbone.attention.weight",
    "capsule_network.linear.weight": "model.backbone.bilinear.weight",
    "capsule_network.relu.0.weight": "model.backbone.project.0.weight",
    "l1.weight": f"{SELECTION}.of_interest.weight",
    "l1.bias": f"{SELECTION}.of_interest.bias",
    "l2.weight": f"{SELECTION}.of_item.weight",
    "l2.bias": f"{SELECTION}.of_item.bias",
}
# What the program saves even where the model does not use it.
IDLE = (
    "sample_loss.logprob_noise",
    "l1.weight",
    "l1.bias",
    "l2.weight",
    "l2.bias",
    "capsule_network.relu.0.weight",
)
# What it draws again at each start and does not save.
DRAWN = ("model.backbone.start",)


def load(modules: nn.Module, path: Path) -> None:
    """Read a `model.pt` into the model; tensors alone, from any device.

    Raises:
        Mistake: no such file; not a file of tensors; or other names or shapes than the model has,
            with both sides listed.
    """
    ours, theirs = modules.state_dict(), _tensors(path)
    if "position_embedding" in theirs:
        theirs["position_embedding"] = theirs["position_embedding"][0]  # [1 L D] there, [L D] here
    idle = [name for name in theirs if name in IDLE and NAMES.get(name) not in ours]
    for name in idle:
        log.info("%s: %s is not part of this model and is left out", path, name)
    found = {NAMES.get(name, name): v for name, v in theirs.items() if name not in idle}
    wanted = {name: value for name, value in ours.items() if name not in DRAWN}
    compare(wanted, found, path)
    modules.load_state_dict({**ours, **found})


def _tensors(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise Mistake(f"checkpoint must be a file, got {str(path)!r}")
    remedy = "give the model.pt of BaM's program"
    content = load_torch(path, f"{path}: not a file of tensors alone; {remedy}")
    if not isinstance(content, dict) or not all(isinstance(v, Tensor) for v in content.values()):
        raise Mistake(f"{path}: not a mapping of names to tensors; {remedy}")
    return dict(content)
