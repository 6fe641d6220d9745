"""Which values of the options of a memory and of a blending are best for a run, on validation."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from torch import Tensor, nn

from bam.errors import require
from bam.experiment.one_run.fit import validate
from bam.experiment.parts.assemble import Parts
from bam.experiment.parts.memory import build_blending, build_memory
from bam.model.additions import Additions
from bam.model.blend import Blend
from bam.model.recommender import Recommender
from bam.records import Histories, Interests
from bam.system.bars import progress_bar
from bam.training.step import Step

KEPT = 1 << 26  # pairs of a user and an item that are kept of what a memory knows: 20 bytes each
PASSES = 2  # over the options: the best value of one may change that of another
Values = dict[str, Any]  # of options, by their paths, such as memory.gamma
Nodes = dict[str, dict[str, Any]]  # the config of a memory and of a blending, by their groups


@dataclass(frozen=True)
class Form:
    """One way to blend: what conf/ has of it, and the values that are tried of its options."""

    nodes: Nodes
    tries: dict[str, list[Any]]

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
    memories: dict[str, LooksUpOnce] = {}
    data, split, trust = parts.interactions, parts.split, parts.settings.trust
    steps = sum(PASSES * len(values) for form in forms.values() for values in form.tries.values())
    with progress_bar(total=steps, desc="blending", unit="way", leave=False) as bar:

        def measure(form: Form, values: Values) -> float:
            nodes = form.with_values(values)
            key = json.dumps(nodes["memory"])
            if key not in memories:
                memory = build_memory(nodes["memory"], data, split, trust).to(parts.device)
                memories[key] = LooksUpOnce(memory)
            for other in memories.keys() - {key}:
                memories[other].known.clear()
            blending = build_blending(nodes["blending"], data.num_items, trust)
            found = validate(replace(parts, memory=Blend(memories[key], blending)))
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


def _content(*tensors: Tensor) -> tuple[Any, ...]:
    """What is equal for equal tensors alone."""
    return tuple((tensor.shape, tensor.cpu().numpy().tobytes()) for tensor in tensors)


class EncodesOnce(nn.Module):
    """A backbone that keeps what it has made of each block of histories."""

    def __init__(self, backbone: nn.Module):
        super().__init__()
        self.backbone = backbone
        self.known: dict[tuple[Any, ...], Interests] = {}

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
        self.known: dict[tuple[Any, ...], Additions] = {}

    def forward(self, history: Tensor) -> Additions:
        key = _content(history)
        if key in self.known:
            return self.known[key]
        shares: Additions = self.memory(history)
        if len(shares.item) + sum(len(known.item) for known in self.known.values()) <= KEPT:
            self.known[key] = shares
        return shares


def encoding_once(parts: Parts) -> Parts:
    """The parts of a run, whose histories are encoded once, however often they are ranked."""
    model = parts.step.model.with_fixed_rows()
    once = Recommender(
        model.items, EncodesOnce(model.backbone), model.similarity, model.aggregation
    )
    return replace(parts, step=Step(once, parts.step.objective, bf16=False).eval())
