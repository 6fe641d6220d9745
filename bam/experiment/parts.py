"""All parts of an experiment, built and checked before the first step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from bam.evaluator import Evaluator, Ranking
from bam.experiment.compose import component, components
from bam.experiment.settings import GROUPS, PARTS, Settings, device_of, settings
from bam.mistake import require
from bam.model import Recommender
from bam.objective import Objective
from bam.records import Interactions, Spans, Split
from bam.trainer import Trainer
from bam.windows import count


@dataclass(frozen=True)
class Parts:
    """An experiment, ready to run."""

    settings: Settings
    device: torch.device
    interactions: Interactions
    items: Tensor  # the flat items, on the device
    split: Split
    model: Recommender
    objective: Objective
    evaluator: Evaluator
    trainer: Trainer
    optimizer: Callable[..., torch.optim.Optimizer]

    @property
    def weights(self) -> nn.ModuleDict:
        """Everything that is learned."""
        return nn.ModuleDict({"model": self.model, "objective": self.objective})

    def rank(self, spans: Spans, list_length: int = 0) -> Ranking:
        """Full ranking of these targets."""
        length = self.settings.history_length
        return self.evaluator.rank(self.model, self.items, spans, length, list_length)


def assemble(config: Mapping[str, Any]) -> Parts:
    """Build every part of a resolved config, the data set last.

    Raises:
        Mistake: whatever is wrong with the config or its data.
    """
    shared = settings(config)
    device = device_of(shared.device)
    if shared.threads:
        torch.set_num_threads(shared.threads)
    torch.manual_seed(shared.seed)
    part = {name: partial(component, config[name], name) for name in PARTS - GROUPS}
    evaluator, trainer, optimizer = part["evaluation"](), part["trainer"](), part["optimizer"]()
    require(trainer.metric in evaluator.metric_names,
            f"trainer.metric must be one of {', '.join(evaluator.metric_names)}",
            trainer.metric)  # fmt: skip
    part["selection"](), part["likelihood"]()  # checked even where no loss asks for them
    losses = components(config["loss"], "loss")
    regularisation = components(config["regularisation"], "regularisation")
    cut, backbone, begin = part["split"](), part["backbone"](), part["table"]()
    interactions = part["dataset"]()
    split = cut(interactions)
    negatives = part["negatives"](num_items=interactions.num_items)
    model = Recommender(interactions.num_items, shared.dim, backbone)
    begin(model.items.weight.data, partial(count, interactions, split.train))
    return Parts(
        settings=shared,
        device=device,
        interactions=interactions,
        items=interactions.items.to(device),
        split=split,
        model=model.to(device),
        objective=Objective(negatives, losses, regularisation).to(device),
        evaluator=evaluator,
        trainer=trainer,
        optimizer=optimizer,
    )
