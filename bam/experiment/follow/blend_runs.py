"""Several finished runs become one, with the weights of the members that are best on validation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bam.config.compose import compose_with_hydra
from bam.config.instantiate import component
from bam.config.resolve import resolve
from bam.errors import renamed, require
from bam.experiment.follow.blend_options import Options
from bam.experiment.follow.blend_search import (
    PASSES,
    Blended,
    Tried,
    Values,
    climb,
    encoding_once,
    require_metric,
)
from bam.experiment.follow.earlier import Earlier, read_earlier
from bam.experiment.follow.ensemble import ensemble_config, take_weights
from bam.experiment.one_run.fit import validate
from bam.experiment.opened.assemble_run import assemble_run
from bam.experiment.parts.assemble import Parts, assemble
from bam.experiment.parts.fit import takes_log_probabilities
from bam.model.ensemble.aggregation import Ensemble
from bam.model.memory.none import NoMemory
from bam.model.recommender import Recommender
from bam.run.identity import CHOICES, INITIAL_WEIGHTS
from bam.system.bars import progress_bar
from bam.training.step import Step

# what trains nothing here: that of conf/, with a backbone that changes none of it
TRAINING = ("sampling", "negatives", "likelihood", "selection", "loss", "regularisation")
WEIGHTS = "aggregation.pooling.weights.{}"  # the path of a member's weight


def blend_runs(
    first: Earlier,
    options: Options,
    config: Mapping[str, Any],
    overrides: Sequence[str],
    changed: set[str],
    metric: str,
) -> Blended:
    """All that was tried of an ensemble of this run and others.

    Raises:
        Mistake: a run is not finished, has a memory, or is of other data or another split.
    """
    poolings = {name: options.pooling(name) for name in options.forms}
    members = [first, *(_read_other(one, first, config, overrides) for one in options.runs)]
    parts = [assemble_run(one.folder, config, changed) for one in members]
    _require_no_memory(members, parts)
    rule = (
        "run and with must be runs with evaluation=clean or repeats: the scores of an ensemble are "
        "log probabilities, below the score of seen items; train them with it"
    )
    for evaluator in (one.evaluator for one in parts):
        require(takes_log_probabilities(evaluator), rule, type(evaluator.protocol).__name__)
    models = [one.step.model for one in parts]
    untrained = resolve(compose_with_hydra(["backbone=comirec_sa"], "evaluate"))

    def changes(form: str, values: Values) -> dict[str, Any]:
        pooling = poolings[form] | {"weights": [*values.values()]}
        return {
            **{key: untrained[key] for key in TRAINING},
            **ensemble_config([one.config for one in members], pooling),
            INITIAL_WEIGHTS: "+".join(one.checksum for one in members),
        }

    equal = _weights([1.0] * len(members))
    whole = {**first.config, "trust": config["trust"], **changes(options.forms[0], equal)}
    ensemble = assemble(whole, trains=False)
    take_weights(ensemble.step.model, models)
    tries = [[1.0]] + [options.tries.get("ensemble", {}).get("weight", [1.0])] * (len(members) - 1)
    return Blended(
        tried=[*_alone(parts, metric), *_search(ensemble, poolings, _weights(tries), metric)],
        changes=changes,
        begin=lambda found: take_weights(found.step.model, models),
        choices={group: _choice(group, members) for group in CHOICES},
    )


def _weights(values: Sequence[Any]) -> dict[str, Any]:
    """Values of the weights of the members, by their paths."""
    return {WEIGHTS.format(m): value for m, value in enumerate(values)}


def _alone(parts: Sequence[Parts], metric: str) -> Iterator[Tried]:
    """Each member as it is."""
    for m, one in enumerate(parts):
        require_metric(one, metric)
        weights = _weights([float(m == other) for other in range(len(parts))])
        yield Tried("", weights, float(validate(one)[metric]))


def _search(
    ensemble: Parts, poolings: Mapping[str, Any], tries: Mapping[str, list[Any]], metric: str
) -> Iterator[Tried]:
    """The ways to pool an ensemble."""
    parts = encoding_once(ensemble)
    model, objective, members = parts.step.model, parts.step.objective, parts.step.model.aggregation
    assert isinstance(members, Ensemble)
    steps = len(poolings) * PASSES * sum(map(len, tries.values()))
    with progress_bar(total=steps, desc="blending", unit="way", leave=False) as bar:

        def measure(node: Mapping[str, Any], values: Values) -> float:
            weights = [*values.values()]
            path, trust = "aggregation.pooling", parts.settings.trust
            with renamed(r"^aggregation\.pooling\.weights", "tries.ensemble.weight"):
                pooling = component({**node, "weights": weights}, path, trust)
            aggregation = members.with_pooling(pooling)
            pooled = Recommender(model.items, model.backbone, model.similarity, aggregation)
            step = Step(pooled, objective, bf16=False).eval()
            bar.update()
            return float(validate(replace(parts, step=step))[metric])

        for form, node in poolings.items():
            for values, found in climb(tries, partial(measure, node)):
                yield Tried(form, values, found)


def _read_other(
    folder: Path, first: Earlier, config: Mapping[str, Any], overrides: Sequence[str]
) -> Earlier:
    """Another run, of the same data and split."""
    with renamed(r"^run\b", "with"):
        found = read_earlier(folder, config, overrides)
    rule = f"with must be runs of the data of run={first.folder}"
    require(found.data.checksum == first.data.checksum, rule, f"{folder}, which has other data")
    rule = f"with must be runs with the split of run={first.folder}"
    same = found.config["split"] == first.config["split"]
    require(same, rule, f"{folder}, which has split={found.config['split']}")
    rule = "with must be runs with refit=false: their weights know the targets that would choose"
    require(not found.config["refit"], rule, f"{folder} with refit=true")
    return found


def _require_no_memory(members: Sequence[Earlier], parts: Sequence[Parts]) -> None:
    rule = "run and with must be runs without a memory, which is blended with the ensemble later"
    for member, one in zip(members, parts, strict=True):
        alone = isinstance(one.memory.memory, NoMemory)
        require(alone, rule, f"{member.folder}, which has {type(one.memory.memory).__name__}")


def _choice(group: str, members: Sequence[Earlier]) -> str:
    """What the members have chosen of a group."""
    return "+".join(dict.fromkeys(str(one.results.get(group) or "") for one in members))
