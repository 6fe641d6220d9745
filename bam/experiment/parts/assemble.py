"""All parts of an experiment, the data set too, built and checked before the first step."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from bam.config.instantiate import component
from bam.config.settings import Settings
from bam.data.refit import with_validation
from bam.data.split.given import Given
from bam.data.windows import count_items
from bam.errors import Mistake, require
from bam.evaluation.evaluator import Evaluator
from bam.evaluation.facts import ItemFacts, item_facts
from bam.evaluation.found import Ranking, concatenate
from bam.evaluation.targets import repeated_share, warn_of_repeats
from bam.experiment.parts.components import build_components
from bam.experiment.parts.fit import check_protocol
from bam.experiment.parts.memory import build_blend
from bam.experiment.parts.shards import check_shards
from bam.experiment.parts.sizes import check_memory, check_model
from bam.model.blend import Blend
from bam.model.recommender import Recommender, timed_parts
from bam.objective.objective import Objective
from bam.records import Events, Interactions, Spans, Split
from bam.run.identity import code_hash
from bam.system.device import is_gpu
from bam.system.failure import lowered_by
from bam.system.processes import ALONE, Processes, join
from bam.system.shards import Shards
from bam.system.threads import Pace, thread_counts
from bam.system.torchrun import started_by_torchrun
from bam.training.step import Step
from bam.training.trainer import Trainer
from bam.training.update import Averaging


@dataclass(frozen=True)
class Parts:
    """An experiment, ready to run."""

    settings: Settings
    device: torch.device
    interactions: Interactions
    events: Events  # on the device
    split: Split
    sampling: Any  # an option of bam.data.sampling
    step: Step
    memory: Blend
    processes: Processes
    user_processes: Processes  # those that share out the users of a ranking, and not the items
    pace: Pace  # of ranking; training adds its steps
    evaluator: Evaluator
    facts: ItemFacts
    repeated_targets: float  # share of the test targets that their user has met before
    code: str  # hash of the code that the numbers depend on
    trainer: Trainer
    optimizer: Callable[..., torch.optim.Optimizer]
    schedule: Callable[[int], float]
    averaging: Averaging

    def rank(self, spans: Spans, list_length: int = 0) -> Ranking:
        """Full ranking of these targets: each process ranks its share of the users.

        Where the processes share out the table, each ranks all users among its items.

        Raises:
            Mistake: the protocol cannot rank by the scores of the model.
        """
        check_protocol(self.evaluator, self.step.model.aggregation)
        length, mine = self.settings.history_length, self.user_processes.share(spans)
        with lowered_by("evaluation.memory_mb", "evaluation.users_per_block"):
            ranking = self.evaluator.rank(
                self.step.model, self.memory, self.events, mine, length, list_length, self.pace
            )
        return concatenate(self.user_processes.gather(ranking))


def assemble(config: Mapping[str, Any], trains: bool = True, counted: Path | None = None) -> Parts:
    """Build every part of a resolved config, the data set last; a test needs no trainer.metric.

    `counted` is the file of what its memory has counted; without it that is counted now.

    With `refit` the training part has the validation targets, too: what it trains, and what counts.

    Raises:
        Mistake: a wrong option, or wrong data.
    """
    found = build_components(config, trains)
    shared, device, evaluator = found.settings, found.device, found.evaluator
    processes = join(device, shared.timeout)
    _check_processes(shared, processes, trains)
    interactions = component(config["dataset"], "dataset", shared.trust)
    _check_same_data(processes, interactions.checksum)
    _check_split(found.split, interactions)
    split = found.split(interactions)
    split = with_validation(split) if shared.refit else split
    if not shared.shard_table:
        _check_users(processes, split)
    repeated_targets = repeated_share(interactions.items, split.test)
    if trains:
        warn_of_repeats(repeated_targets, evaluator.protocol.met_items_compete)
    counts = partial(count_items, interactions, split.train)
    negatives = component(
        config["negatives"],
        "negatives",
        shared.trust,
        num_items=interactions.num_items,
        count=counts,
    )
    memory = build_blend(config, interactions, split, shared.trust, counted)
    holders = processes if shared.shard_table else ALONE
    shards = Shards(interactions.num_items + 1, holders)
    check_shards(shards, config["table"], found.aggregation, shared)
    check_memory(interactions, shared, device, shards.most)
    with lowered_by("dim"):
        table = component(
            config["table"],
            "table",
            shared.trust,
            data=interactions,
            train=split.train,
            dim=shared.dim,
            sparse=shared.sparse,
            **({} if shards.is_whole else {"shards": shards}),
        )
    model = Recommender(table, found.backbone, found.similarity, found.aggregation)
    check_model(model, trains, shared.sparse, device)
    objective = Objective(
        found.sampling,
        negatives,
        found.selection,
        found.likelihood,
        found.losses,
        found.regularisation,
    )
    return Parts(
        settings=shared,
        device=device,
        interactions=interactions,
        events=_events([*model.modules(), found.sampling], interactions, device),
        split=split,
        sampling=found.sampling,
        step=Step(model, objective, shared.precision == "bf16").to(device),
        memory=memory.to(device),
        processes=processes,
        user_processes=processes if shards.is_whole else ALONE,
        pace=Pace(thread_counts(shared.threads, _adapts_threads(shared, device))),
        evaluator=evaluator,
        facts=item_facts(interactions, split.train),
        repeated_targets=repeated_targets,
        code=code_hash(config),
        trainer=found.trainer,
        optimizer=found.optimizer,
        schedule=found.schedule,
        averaging=found.averaging,
    )


def _events(parts: Iterable[Any], interactions: Interactions, device: torch.device) -> Events:
    """What all users have done, on the device; with times where one of the parts needs them.

    Raises:
        Mistake: they are needed, and the data set has none.
    """
    items, times = interactions.items.to(device), interactions.times
    needing = timed_parts(parts)
    if needing and not len(times):
        raise Mistake(
            f"dataset must have times, got {interactions.name}, which has none; "
            f"{needing[0].without_times} works without them"
        )
    return Events(items, times.to(device) if needing else items[:0])


def _adapts_threads(shared: Settings, device: torch.device) -> bool:
    """Whether the number of threads may change: it is compiled in, or processes wait anyway."""
    return not (is_gpu(device) or shared.compile or started_by_torchrun())


def _check_processes(shared: Settings, processes: Processes, trains: bool) -> None:
    rule = f"batch_size must be a multiple of the {processes.size} processes"
    require(shared.batch_size % processes.size == 0, rule, shared.batch_size)
    adds_up = trains and processes.size > 1 and not shared.shard_table
    rule = (
        "sparse must be false on several processes with a table each, as torch adds up dense "
        "gradients only (optimizer=adam, or shard_table=true)"
    )
    require(not (adds_up and shared.sparse), rule, shared.sparse)


def _check_users(processes: Processes, split: Split) -> None:
    """Each process ranks its part of the users, so that none may be without one."""
    users = min(len(split.valid.start), len(split.test.start))
    rule = f"torchrun must have as many processes at most as {users} users, who validate or test"
    require(processes.size <= max(1, users), rule, processes.size)


def _check_same_data(processes: Processes, checksum: str) -> None:
    """Refuse processes that see different data, perhaps each on a disk of its machine."""
    found = processes.gather(checksum)
    rule = "data_dir must hold the same data for every process"
    require(len(set(found)) == 1, rule, f"data with the checksums {', '.join(found)}")


def _check_split(cut: Callable[[Interactions], Split], interactions: Interactions) -> None:
    rule = (
        f"split must be given: {interactions.name} comes in files of train, valid and test "
        "(for another split, prepare one file that holds all)"
    )
    agrees = isinstance(cut, Given) or not len(interactions.part)
    require(agrees, rule, type(cut).__name__)
