"""What was probably meant by a key that a config does not have."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bam.system.nearest import nearest

# what other programs call an option of ours
MEANT = {
    "model": "backbone",
    "model_type": "backbone",
    "random_seed": "seed",
    "t": "selection.tau",
    "k": "num_interests",
    "d": "dim",
    "l": "history_length",
    "s": "num_negatives",
    "lambda": "regularisation.routing.weight",
    "rlambda": "regularisation.routing.weight",
    "rbeta": "likelihood.beta",
    "learning_rate": "optimizer.lr",
    "multi_loss": "loss",
    "maxlen": "history_length",
    "max_len": "history_length",
    "interest_num": "num_interests",
    "neg_num": "num_negatives",
    "embedding_dim": "dim",
    "hidden_size": "dim",
    "max_iter": "trainer.max_steps",
    "epochs": "trainer.max_steps",
    "gpu": "device",
    "topn": "evaluation.cutoffs",
}


def paths_of(node: Mapping[Any, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Every path of a config, and what is there."""
    for key, value in node.items():
        place = f"{path}.{key}".lstrip(".")
        yield place, value
        if isinstance(value, Mapping):
            yield from paths_of(value, place)


def find_near(key: str, paths: Mapping[str, Any], groups: Sequence[str]) -> str:
    """What was probably meant: a name of another program, a key's last part, or the nearest."""
    if meant := MEANT.get(key.lower().replace("-", "_")):
        return meant
    own = [path for path in paths if path.partition(".")[0] != "hydra" and "._" not in path]
    last = [path for path in own if "." in path and path.rpartition(".")[2] == key.lower()]
    if "." not in key and 1 <= len(last) <= 3 and key.lower() not in groups:
        return " or ".join(last)
    parent, _, name = key.rpartition(".")
    if isinstance(paths.get(parent), dict) and (child := nearest(name, paths[parent])):
        return f"{parent}.{child}"
    known = list(paths) if key.startswith("hydra") else own
    near = nearest(key, [*known, *groups])
    return "" if key.startswith(f"{near}.") else near
