"""Which values of the options of a memory and of a blending are best for a run, on validation."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from torch import Tensor, nn

from bam.errors import renamed, require
from bam.experiment.one_run.fit import validate
from bam.experiment.parts.assemble import Parts
from bam.experiment.parts.memory import build_blending, build_memory
from bam.model.additions import Additions
from bam.model.blend import Blend, Blending, Memory, Scoring
from bam.model.recommender import Recommender
from bam.records import Histories, Interests
from bam.system.bars import progress_bar
from bam.training.step import Step

KEPT = 1 << 25  # pairs of a user and an item that are kept of what a memory knows: 24 bytes each
PASSES = 2  # over the options: the best value of one may change that of another
Content = tuple[Any, ...]  # what is equal for equal tensors alone
Values = dict[str, Any]  # of options, by their paths, such as memory.gamma
Nodes = dict[str, dict[str, Any]]  # the config of a memory and of a blending, by their groups


@dataclass(frozen=True)
class Form:
    """One way to blend: what conf/ has of it, and the values that are tried of its options."""

    nodes: Nodes
    tries: dict[str, list[Any]]
    names: dict[str, str]  # of its groups, as the options of what is tried begin: tries.linear

    def naming(self) -> AbstractContextManager[None]:
        """Name the option of the command in a mistake about a value that is tried."""
        return renamed(r"^\w+(?=\.)", lambda group: self.names.get(group[0], group[0]))

    def with_values(self, values: Values) -> Nodes:
        """The config with these values."""
        changed = {group: {**node} for group, node in self.nodes.items()}
        for path, value in values.items():
            group, option = path.split(".", 1)
            changed[group][option] = value
        return changed


@dataclass(frozen=True)
class Tried:
    """What was tried, and the metric of the validation targets."""

    form: str  # empty: the run as it is
    values: Values
    metric: float


@dataclass(frozen=True)
class Blended:
    """What a run may become: all that was tried, and how a run is made of one of these ways."""

    tried: list[Tried]  # those without a form first
    changes: Callable[[str, Values], dict[str, Any]]  # of the config, by the form and its values
    begin: Callable[[Parts], None]  # gives the parts of the new run their weights
    choices: dict[str, str]  # see `RunSpec`


def search(parts: Parts, forms: Mapping[str, Form], metric: str) -> list[Tried]:
    """All that was tried, in turn: first the run as it is.

    Raises:
        Mistake: an option or a value is wrong, or validation has no such metric.
    """
    require_metric(parts, metric)
    parts = encoding_once(parts)
    tried = [Tried("", {}, validate(parts)[metric])]
    blends: dict[str, BlendsOnce] = {}
    looked_up: dict[str, LooksUpOnce] = {}  # the parts of memories
    sums: dict[Content, Tensor] = {}
    data, split, trust = parts.interactions, parts.split, parts.settings.trust
    steps = sum(PASSES * len(values) for form in forms.values() for values in form.tries.values())
    with progress_bar(total=steps, desc="blending", unit="way", leave=False) as bar:

        def measure(form: Form, values: Values) -> float:
            nodes = form.with_values(values)
            key = json.dumps(nodes["memory"])
            with form.naming():
                blending = build_blending(nodes["blending"], data.num_items, trust)
            if key not in blends:
                with form.naming():
                    memory = build_memory(nodes["memory"], data, split, trust).to(parts.device)
                for name, part in memory.named_children():  # they stay, while their weights change
                    if isinstance(part, Memory) and name in nodes["memory"]:
                        content = json.dumps(nodes["memory"][name])
                        setattr(memory, name, looked_up.setdefault(content, LooksUpOnce(part)))
                blends[key] = BlendsOnce(memory, blending, sums)
            for other in blends.keys() - {key}:
                blends[other].forget()
            blends[key].blending = blending
            found = validate(replace(parts, memory=blends[key]))
            bar.update()
            return float(found[metric])

        for name, form in forms.items():
            tried += [Tried(name, *one) for one in climb(form.tries, partial(measure, form))]
    return tried


def require_metric(parts: Parts, metric: str) -> None:
    """Refuse a metric that validation does not have.

    Raises:
        Mistake: it names those that it has.
    """
    known = parts.evaluator.trainer_metrics
    require(metric in known, f"choose_by must be one of {', '.join(known)}", metric)


def climb(
    tries: Mapping[str, list[Any]], measure: Callable[[Values], float]
) -> Iterator[tuple[Values, float]]:
    """Settings with their metric: one option after another takes its best value for the others'."""
    best = {path: values[len(values) // 2] for path, values in tries.items()}
    found: dict[str, float] = {}
    for path, values in [*tries.items()] * PASSES or [("", [None])]:
        settings = [{**best, path: value} if path else {} for value in values]
        for setting in settings:
            key = json.dumps(setting)
            if key not in found:
                found[key] = measure(setting)
                yield setting, found[key]
        best = max(settings, key=lambda setting: found[json.dumps(setting)])


def _content(*tensors: Tensor) -> Content:
    return tuple((tensor.shape, tensor.cpu().numpy().tobytes()) for tensor in tensors)


class EncodesOnce(nn.Module):
    """A backbone that keeps what it has made of each block of histories."""

    def __init__(self, backbone: nn.Module):
        super().__init__()
        self.backbone = backbone
        self.known: dict[Content, Interests] = {}

    def forward(self, histories: Histories) -> Interests:
        key = _content(histories.ids, histories.times)
        if key not in self.known:
            self.known[key] = self.backbone(histories)
        return self.known[key]


class LooksUpOnce(nn.Module):
    """A memory that keeps what it knows of each block of histories, as far as KEPT goes."""

    def __init__(self, memory: nn.Module):
        super().__init__()
        self.memory = memory
        self.known: dict[Content, Additions] = {}

    def forward(self, history: Tensor) -> Additions:
        key = _content(history)
        if key in self.known:
            return self.known[key]
        shares: Additions = self.memory(history)
        if len(shares.item) + sum(len(known.item) for known in self.known.values()) <= KEPT:
            self.known[key] = shares
        return shares


class ScoresOnce:
    """A model's scores for a block of users: in sum, and of the pairs that a memory knows."""

    def __init__(self, scores: Scoring, key: Content, sums: dict[Content, Tensor]):
        self.scores, self.key, self.sums = scores, key, sums
        self.given: Tensor | None = None

    def of(self, row: Tensor, item: Tensor) -> Tensor:
        """As `Scores.of`, of the same pairs each time."""
        if self.given is None:
            self.given = self.scores.of(row, item)
        return self.given

    def log_sum(self) -> Tensor:
        """As `Scores.log_sum`."""
        if self.key not in self.sums:
            self.sums[self.key] = self.scores.log_sum()
        return self.sums[self.key]


class BlendsOnce(Blend):
    """A blend of which the blending changes: all that stays is computed once, as far as KEPT goes.

    `sums` are of the model, and so the same for all memories.
    """

    memory: LooksUpOnce

    def __init__(self, memory: nn.Module, blending: Blending, sums: dict[Content, Tensor]):
        super().__init__(LooksUpOnce(memory), blending)
        self.sums = sums
        self.scores: dict[Content, ScoresOnce] = {}

    def forward(self, history: Tensor, scores: Scoring) -> Additions:
        shares, key = self.memory(history), _content(history)
        once = self.scores.get(key) or ScoresOnce(scores, key, self.sums)
        if key in self.memory.known:
            self.scores[key] = once
        return self.blending(shares, once)

    def forget(self) -> None:
        """Give the memory free, for another blend."""
        self.memory.known.clear()
        self.scores.clear()


def encoding_once(parts: Parts) -> Parts:
    """The parts of a run, whose histories are encoded once, however often they are ranked."""
    model = parts.step.model
    if model.shards.is_whole:
        model = model.with_fixed_rows()
    once = Recommender(
        model.items, EncodesOnce(model.backbone), model.similarity, model.aggregation
    )
    return replace(parts, step=Step(once, parts.step.objective, bf16=False).eval())
