"""All parts of an experiment, built and checked before the first step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from bam.evaluator import Evaluator, Ranking, joined
from bam.experiment.compose import component, components
from bam.experiment.settings import GROUPS, PARTS, Settings, device_of, settings
from bam.loss.multi_interest import MultiInterest
from bam.mistake import require
from bam.model import Recommender
from bam.objective import Objective
from bam.parallel import Ranks, join
from bam.records import Interactions, Spans, Split
from bam.step import Step
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
    step: Step
    ranks: Ranks
    evaluator: Evaluator
    trainer: Trainer
    optimizer: Callable[..., torch.optim.Optimizer]

    def rank(self, spans: Spans, list_length: int = 0) -> Ranking:
        """Full ranking of these targets, each process its share of the users."""
        length, mine = self.settings.history_length, self.ranks.share(spans)
        ranking = self.evaluator.rank(self.step.model, self.items, mine, length, list_length)
        return joined(self.ranks.gather(ranking))


def assemble(config: Mapping[str, Any]) -> Parts:
    """Build every part of a resolved config, the data set last.

    Raises:
        Mistake: whatever is wrong with the config or its data.
    """
    shared = settings(config)
    device = device_of(shared.device)
    ranks = join(device)
    rule = f"batch_size must be a multiple of the {ranks.size} processes"
    require(shared.batch_size % ranks.size == 0, rule, shared.batch_size)
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
    aggregation = part["aggregation"]()
    _require_taught(aggregation, losses)
    cut, backbone, begin = part["split"](), part["backbone"](), part["table"]()
    interactions = part["dataset"]()
    split = cut(interactions)
    negatives = part["negatives"](num_items=interactions.num_items)
    model = Recommender(interactions.num_items, shared.dim, backbone, aggregation, shared.sparse)
    begin(model.items.weight.data, partial(count, interactions, split.train))
    objective = Objective(negatives, losses, regularisation)
    return Parts(
        settings=shared,
        device=device,
        interactions=interactions,
        items=interactions.items.to(device),
        split=split,
        step=Step(model, objective, shared.precision == "bf16").to(device),
        ranks=ranks,
        evaluator=evaluator,
        trainer=trainer,
        optimizer=optimizer,
    )


def _require_taught(aggregation: nn.Module, losses: Mapping[str, nn.Module]) -> None:
    """Refuse an aggregation that learns where no loss lets all interests answer together."""
    taught = any(isinstance(loss, MultiInterest) and loss.weight > 0 for loss in losses.values())
    rule = "loss must be multi_interest, with a weight, for this aggregation to learn"
    require(taught or not list(aggregation.parameters()), rule, list(losses))
