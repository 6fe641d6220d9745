"""Configs of earlier versions as configs of this version.

What an earlier config lacks takes the value that was true before there was a choice, which is not
always today's default. A checksum that was not recorded, of data or of a file, takes none: such a
run is read unchecked, and in tables it is of unknown data.
"""

from typing import Any

from bam.run.earlier_names import rename_targets

LOGARITHMIC = "bam.model.blending.logarithmic.Logarithmic"


def migrate(config: dict[str, Any]) -> dict[str, Any]:
    """A whole config of any format as one of this version; one of this version stays as it is."""
    renewed: dict[str, Any] = _with_options(rename_targets(config))
    return _without_copies({**_before_groups(renewed), **renewed, **_rebuilt_groups(renewed)})


def _without_copies(config: dict[str, Any]) -> dict[str, Any]:
    """The config without the selection and the likelihood that 0.1 copied into each loss.

    A copy that differs from the part it was made of is left, and refused when losses are built.
    """
    losses = {
        name: {
            key: value
            for key, value in loss.items()
            if key not in ("selection", "likelihood") or value != config.get(key)
        }
        for name, loss in config.get("loss", {}).items()
    }
    return {**config, "loss": losses} if losses else config


def _before_groups(config: dict[str, Any]) -> dict[str, Any]:
    """The root keys that a config may lack, as they were before they were a choice."""
    history_length, grouped = config.get("history_length"), config.get("group_by_length", 1)
    cutoffs = config.get("evaluation", {}).get("cutoffs")
    metric = "bam.evaluation.metric"
    return {
        "any_code": False,
        "timeout": 1800,
        "refit": False,
        "save_every": 0,
        "group_by_length": 1,
        "precision": "fp32",
        "compile": False,
        "sparse": False,
        "shard_table": False,
        "intervals": {},
        "readout": {},
        "table": {"_target_": "bam.model.table.normal.Normal", "scale": 1.0},
        "similarity": {"_target_": "bam.model.similarity.inner.Inner", "temperature": 1.0},
        "aggregation": {"_target_": "bam.model.aggregation.maximum.Maximum"},
        "memory": {"_target_": "bam.model.memory.none.NoMemory"},
        "blending": {"_target_": LOGARITHMIC, "strength": 1.0},
        "metric": {
            "recall": {"_target_": f"{metric}.recall.Recall", "cutoffs": cutoffs},
            "ndcg": {"_target_": f"{metric}.ndcg.NDCG", "cutoffs": cutoffs},
            "mrr": {"_target_": f"{metric}.mrr.MRR"},
            "coverage": {"_target_": f"{metric}.coverage.Coverage", "cutoffs": cutoffs},
        },
        "schedule": {"_target_": "bam.training.schedule.decay.constant", "warmup_steps": 0},
        "averaging": {"_target_": "bam.training.averaging.none.Current"},
        "sampling": {
            "_target_": "bam.data.sampling.one_position.OnePosition",
            "history_length": history_length,
            "group_by_length": grouped,
        },
    }


def _rebuilt_groups(config: dict[str, Any]) -> dict[str, Any]:
    """The root keys whose value was built in another way."""
    renewed: dict[str, Any] = {}
    tracker, routing = config.get("tracker", {}), config.get("regularisation", {}).get("routing")
    if "_target_" in tracker:  # there was one tracker, without a name
        renewed["tracker"] = {"jsonl": {"_target_": "bam.run.tracker.jsonl.jsonl"}}
    if routing is not None and "batch_size" not in routing:  # it was the sum over the batch
        renewed["regularisation"] = {
            **config["regularisation"],
            "routing": {**routing, "batch_size": config["batch_size"]},
        }
    if "strength" in config.get("memory", {}):  # there was one way to blend, within the memory
        memory = {**config["memory"]}
        renewed["blending"] = {"_target_": LOGARITHMIC, "strength": memory.pop("strength")}
        renewed["memory"] = memory
    backbone = config.get("backbone", {})
    if "readout" not in config and "readout" in backbone:
        renewed["readout"] = backbone["readout"]
    return renewed


def _with_options(tree: Any) -> Any:
    """A part of a config with the options that its components have gained."""
    if isinstance(tree, list):
        return [_with_options(part) for part in tree]
    if not isinstance(tree, dict):
        return tree
    node = {key: _with_options(part) for key, part in tree.items()}
    target = node.get("_target_")
    if target == "bam.model.backbone.gru4rec.Gru4Rec":
        node = _with_readout(node)
    elif target == "bam.evaluation.evaluator.Evaluator":
        node = _with_blocks(node)
    return {**OPTIONS.get(str(target), {}), **node, **RENAMED.get(str(target), {})}


def _with_readout(node: dict[str, Any]) -> dict[str, Any]:
    """A backbone of one interest, its last state, before that was a readout."""
    if "num_interests" not in node:
        return node
    readout = {
        "_target_": "bam.model.readout.state.State",
        "num_interests": node["num_interests"],
    }
    kept = {key: value for key, value in node.items() if key != "num_interests"}
    return {**kept, "readout": readout}


def _with_blocks(node: dict[str, Any]) -> dict[str, Any]:
    """One number of users was for all devices, and memory_mb alone limited the items."""
    users = node.get("users_per_block")
    if isinstance(users, int):
        node = {**node, "users_per_block": {"cpu": users, "cuda": users}}
    unlimited = 2**31 - 1
    return {"items_per_block": {"cpu": unlimited, "cuda": unlimited}, **node}


# options that a component has gained, with the value that was true before
OPTIONS: dict[str, dict[str, Any]] = {
    "bam.data.dataset.planted.planted": {"hours": 0},  # there were no times
    "bam.data.dataset.build.filters.Filters": {"consecutive": "all"},
    "bam.data.sampling.all_positions.AllPositions": {"windows": 0},  # all of them
    "bam.data.dataset.prepare.prepare": {"features": {}, "cold_items": False},
    "bam.data.dataset.sequences.sequences": {"features": {}, "cold_items": False},
    "bam.data.dataset.table.table": {"events": [], "features": {}, "cold_items": False},
    "bam.model.aggregation.gate.Gate": {"history": False},
    "bam.model.aggregation.logsumexp.LogSumExp": {"sharpness": 1.0},
    "bam.model.backbone.comirec_sa.ComiRecSA": {"spread": 0.0},
    "bam.model.backbone.transformer.Transformer": {
        "block": {"_target_": "bam.model.block.standard.Standard", "_partial_": True},
        "bias": {"_target_": "bam.model.bias.none.NoBias"},
    },
    "bam.model.table.normal.Normal": {"scale": 1.0},
    "bam.objective.likelihood.full_softmax.FullSoftmax": {"label_smoothing": 0.0, "memory_mb": 0},
    "bam.objective.likelihood.gbce.GBCE": {"bias": 0.0},
    "bam.objective.likelihood.sampled_softmax.SampledSoftmax": {"label_smoothing": 0.0},
    "bam.objective.loss.multi_interest.MultiInterest": {"sharpness": 1.0},
    "bam.training.trainer.Trainer": {"clip_norm": 0.0},
}

# components that became an option of another
RENAMED: dict[str, dict[str, Any]] = {
    "bam.objective.negatives.per_row.PerRow": {
        "_target_": "bam.objective.negatives.uniform.Uniform",
        "per_row": True,
    },
    "bam.objective.negatives.shared.Shared": {
        "_target_": "bam.objective.negatives.uniform.Uniform",
        "per_row": False,
    },
    "bam.objective.selection.soft.Soft": {"_target_": "bam.objective.selection.soft.drawn"},
}
