"""Runs that differ in nothing but the seed belong together."""

import json
from dataclasses import dataclass
from typing import Any

from bam.results.render.wording import short, told
from bam.results.runs import Run
from bam.run.identity import CHOICES

# what is no part of what is compared
CIRCUMSTANCES = ("seed", "name", "device", "threads", "data_dir", "any_code", "tracker")
COMPARABLE = ("dataset", "split", "evaluation.protocol")  # figures compare where these are equal
NAMED = ("dataset", "backbone", "selection")  # in every table, even where all rows agree


@dataclass(frozen=True)
class Configuration:
    """An experiment with all its seeds."""

    runs: list[Run]
    config: dict[str, Any]  # flat, without circumstances
    label: dict[str, Any]  # what a table calls it; tells it from all others of that table
    name: str  # what of the label differs, in one line, without the data set

    @property
    def finished(self) -> list[Run]:
        """One finished run a seed."""
        return list({run.seed: run for run in self.runs if run.status == "finished"}.values())

    @property
    def representative(self) -> list[Run]:
        """The finished runs, or while there is none whatever there is."""
        return self.finished or self.runs

    @property
    def block(self) -> str:
        """Equal for configurations whose figures may be compared."""
        return _key({key: value for key, value in self.config.items() if below(key, COMPARABLE)})


def configurations(runs: list[Run]) -> list[Configuration]:
    """Runs by experiment, in the order of their labels and seeds."""
    groups: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.seed):
        groups.setdefault(_key(experiment(run)), []).append(run)
    configs = [experiment(group[0]) for group in groups.values()]
    choices = [_choices(group) for group in groups.values()]
    labels = _labels(choices, differences(configs))
    made = map(Configuration, groups.values(), configs, labels, names(labels))
    return sorted(made, key=lambda one: [_order(value) for value in one.label.values()])


def experiment(run: Run) -> dict[str, Any]:
    """The flat config without its circumstances: the seed, the machine, where files lie."""
    data_dir = f"{run.config.get('data_dir')}/"
    return {
        key: value
        for key, value in run.config.items()
        if not below(key, CIRCUMSTANCES) and not str(value).startswith(data_dir)
    }


def differences(configs: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Each key that differs, with its value in each config; of equal columns the shortest key."""
    keys = sorted({key for config in configs for key in config}, key=_depth)
    columns: dict[str, str] = {}
    for key in keys:
        columns.setdefault(_key([config.get(key) for config in configs]), key)
    found = {key: [config.get(key) for config in configs] for key in columns.values()}
    return {key: column for key, column in found.items() if len(set(map(_key, column))) > 1}


def _labels(choices: list[dict[str, str]], columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """The choices, and the fewest other keys that tell every configuration from the others."""
    several = {group for group in CHOICES if len({c[group] for c in choices} - {""}) > 1}
    labels: list[dict[str, Any]] = [
        {group: choice[group] for group in CHOICES if group in several or group in NAMED}
        for choice in choices
    ]
    for key, column in columns.items():
        known, refined = (len(set(map(_key, side))) for side in
                          (labels, zip(labels, column, strict=True)))  # fmt: skip
        if refined > known:
            labels = [{**label, key: value} for label, value in zip(labels, column, strict=True)]
    return labels


def names(labels: list[dict[str, Any]]) -> list[str]:
    """Of each label what differs between them; where nothing does, the method."""
    several = [key for key in labels[0]
               if len({_key(label[key]) for label in labels} - {_key("")}) > 1]  # fmt: skip
    keys = [key for key in several if key != "dataset"] or ["backbone", "selection"]
    return [", ".join(told(key, label[key]) for key in keys if label[key] not in (None, ""))
            or f"without {short(keys[0])}" for label in labels]  # fmt: skip


def _choices(group: list[Run]) -> dict[str, str]:
    """What any of the runs tells; one that broke off early may tell nothing."""
    return {key: next((run.choices[key] for run in group if run.choices[key]), "")
            for key in CHOICES}  # fmt: skip


def below(key: str, paths: tuple[str, ...]) -> bool:
    return any(key == path or key.startswith(f"{path}.") for path in paths)


def _depth(key: str) -> tuple[int, bool, int, str]:
    return key.count("."), not key.endswith("_target_"), len(key), key


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _order(value: Any) -> tuple[int, float, str]:
    """Nothing, then numbers, then words."""
    if isinstance(value, int | float):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (2, 0.0, str(value))
