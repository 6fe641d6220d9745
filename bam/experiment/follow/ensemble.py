"""Finished runs side by side: one config of all of them, and their weights."""

from collections.abc import Mapping, Sequence
from typing import Any

from bam.model.recommender import Recommender

TARGET = "bam.model.ensemble.{}.Ensemble"
MODEL = ("items", "backbone", "similarity", "aggregation")  # what a model consists of


def ensemble_config(
    configs: Sequence[Mapping[str, Any]], pooling: Mapping[str, Any]
) -> dict[str, Any]:
    """What the config of an ensemble has of the configs of its members."""
    widths, counts, lengths = (
        [config[key] for config in configs] for key in ("dim", "num_interests", "history_length")
    )

    def members(part: str, **options: Any) -> dict[str, Any]:
        nodes = [config[part] for config in configs]
        return {"_target_": TARGET.format(part), "members": nodes, "widths": widths, **options}

    tables = [{**config["table"], "_partial_": True} for config in configs]
    return {
        "dim": sum(widths),
        "num_interests": sum(counts),
        "history_length": max(lengths),
        "intervals": {},  # they are in the backbones, as the readouts are
        "readout": {},
        "table": {**members("table"), "members": tables},
        "backbone": members("backbone", history_lengths=lengths),
        "similarity": members("similarity"),
        "aggregation": members("aggregation", num_interests=counts, pooling={**pooling}),
    }


def is_ensemble(config: Mapping[str, Any]) -> bool:
    """Whether it is the config of an ensemble."""
    return bool(config["backbone"].get("_target_") == TARGET.format("backbone"))


def take_weights(ensemble: Recommender, members: Sequence[Recommender]) -> None:
    """Give an ensemble the weights of its members."""
    for part in MODEL:
        for own, member in zip(getattr(ensemble, part).members, members, strict=True):
            own.load_state_dict(getattr(member, part).state_dict())
