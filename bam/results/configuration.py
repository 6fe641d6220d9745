"""Runs that differ in nothing but the seed belong together."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from bam.results.render.text import last_part, setting_text
from bam.results.runs import Run
from bam.run.identity import CHOICES

# where runs of one configuration may differ
REPEATED = ("seed", "metric", "evaluation.cutoffs")
DATA = "data"  # in a label: the checksum, where one data set has had different contents
# figures compare where these are equal
COMPARABLE = ("dataset", DATA, "split", "evaluation.protocol")
NAMED = ("dataset", "backbone", "selection")  # in every table, even where all rows agree
# in every table where they differ: such rows do not compare
SHOWN = (DATA, "split._target_", "evaluation.protocol._target_")


@dataclass(frozen=True)
class Configuration:
    """An experiment with all its seeds."""

    runs: list[Run]
    config: dict[str, Any]  # flat, without circumstances
    label: dict[str, Any]  # its words in a table, which no other configuration there has
    name: str  # the part of the label that differs, in one line, without the data set

    @property
    def finished(self) -> list[Run]:
        """One finished run a seed: of several, the last of those with the most metrics."""
        finished = [run for run in self.runs if run.status == "finished"]
        richest_last = sorted(finished, key=lambda run: len(run.results["test"]))
        by_seed = {run.seed: run for run in richest_last}
        return [by_seed[seed] for seed in sorted(by_seed)]

    @property
    def representative(self) -> list[Run]:
        """The finished runs; while there is none, all runs."""
        return self.finished or self.runs

    @property
    def block(self) -> str:
        """Equal for configurations whose figures may be compared."""
        return _json(
            {key: value for key, value in self.config.items() if is_below(key, COMPARABLE)}
        )


def configurations(runs: list[Run]) -> list[Configuration]:
    """Runs by experiment, in the order of their labels and seeds."""
    groups: dict[str, list[Run]] = {}
    for run in _with_data(sorted(runs, key=lambda run: run.seed)):
        groups.setdefault(_json(experiment(run)), []).append(run)
    configs = [experiment(group[0]) for group in groups.values()]
    choices = [_choices(group) for group in groups.values()]
    shown = {key: [config.get(key) for config in configs] for key in SHOWN}
    columns = {key: each for key, each in differences(configs).items() if key != DATA}
    labels = _labels(choices, {**shown, DATA: _contents(configs)}, columns)
    ones = map(Configuration, groups.values(), configs, labels, short_names(labels))
    return sorted(ones, key=lambda one: [_order(value) for value in one.label.values()])


def experiment(run: Run) -> dict[str, Any]:
    """What identifies the run and its data, but for its seed and the metrics that were chosen."""
    kept = {key: value for key, value in run.identity.items() if not is_below(key, REPEATED)}
    return {**kept, DATA: run.data}


def _with_data(runs: list[Run]) -> list[Run]:
    """A run that has no figures and has not opened its data yet belongs to its siblings."""
    known = {_json({**experiment(run), DATA: ""}): run.data for run in runs if run.data}
    return [
        run
        if run.data or run.status == "finished"
        else replace(run, data=known.get(_json(experiment(run)), ""))
        for run in runs
    ]


def _contents(configs: list[dict[str, Any]]) -> list[str | None]:
    """The checksum of each one's data, where its data set has had other contents as well."""
    names = [
        _json([pair for pair in one.items() if is_below(pair[0], ("dataset",))]) for one in configs
    ]
    found = {(name, one[DATA]) for name, one in zip(names, configs, strict=True)}
    contents = Counter(name for name, _ in found)
    return [
        (one[DATA] or "unknown") if contents[name] > 1 else None
        for name, one in zip(names, configs, strict=True)
    ]


def differences(configs: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Each key that differs, with its value in each config; of equal columns the shortest key."""
    keys = sorted({key for config in configs for key in config}, key=_depth)
    shortest: dict[str, str] = {}
    for key in keys:
        shortest.setdefault(_json([config.get(key) for config in configs]), key)
    columns = {key: [config.get(key) for config in configs] for key in shortest.values()}
    return {key: column for key, column in columns.items() if len(set(map(_json, column))) > 1}


def _labels(
    choices: list[dict[str, str]], shown: dict[str, list[Any]], columns: dict[str, list[Any]]
) -> list[dict[str, Any]]:
    """The choices, what is always shown, and the fewest other keys that make all differ."""
    several = {group for group in CHOICES if len({c[group] for c in choices} - {""}) > 1}
    labels: list[dict[str, Any]] = [
        {group: choice[group] for group in CHOICES if group in several or group in NAMED}
        for choice in choices
    ]
    for key, column in {**shown, **columns}.items():
        longer = [{**label, key: value} for label, value in zip(labels, column, strict=True)]
        more_differ = len(set(map(_json, longer))) > len(set(map(_json, labels)))
        if more_differ or (key in shown and len(set(column)) > 1):
            labels = longer
    return labels


def short_names(labels: list[dict[str, Any]]) -> list[str]:
    """The part of each label that differs between them; where nothing does, the method."""
    values = {key: {_json(label[key]) for label in labels} - {_json("")} for key in labels[0]}
    several = [key for key, column in values.items() if len(column) > 1 and key != "dataset"]
    return [_short_name(label, several or ["backbone", "selection"]) for label in labels]


def _short_name(label: dict[str, Any], keys: list[str]) -> str:
    settings = [setting_text(key, label[key]) for key in keys if label[key] not in (None, "")]
    return ", ".join(settings) or f"without {last_part(keys[0])}"


def _choices(group: list[Run]) -> dict[str, str]:
    """Those of any of the runs; one that stopped early may have left none."""
    return {
        key: next((run.choices[key] for run in group if run.choices[key]), "") for key in CHOICES
    }


def is_below(key: str, paths: tuple[str, ...]) -> bool:
    """Whether the key is one of the paths, or a part of one."""
    return any(key == path or key.startswith(f"{path}.") for path in paths)


def _depth(key: str) -> tuple[int, bool, int, str]:
    return key.count("."), not key.endswith("_target_"), len(key), key


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _order(value: Any) -> tuple[int, float, str]:
    """What has no value, then numbers, then words."""
    if isinstance(value, int | float):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (2, 0.0, str(value))
