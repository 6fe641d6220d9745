"""Runs that differ in nothing but the seed belong together."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from bam.results.keys import as_json, is_below
from bam.results.label import DATA, Label, also_differ, labels, short_names
from bam.results.runs import Run
from bam.run.identity import CHOICES, EXPERIMENT

# where runs of one configuration may differ
REPEATED = ("seed", "metric", "evaluation.cutoffs")
# figures compare where these are equal
COMPARABLE = ("dataset", DATA, "split", "evaluation.protocol")


@dataclass(frozen=True)
class Configuration:
    """An experiment with all its seeds."""

    runs: list[Run]
    config: dict[str, Any]  # flat, without circumstances
    label: Label  # its words in a table, which no other configuration there has
    also: Label  # other keys that differ between the configurations of the table
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
    def typed(self) -> dict[str, str]:
        """The options of a group that were chosen by their names, such as memory: none."""
        chosen = self.representative[0].overrides
        return {key: value for key, value in chosen.items() if f"{key}._target_" in self.config}

    @property
    def block(self) -> str:
        """Equal for configurations whose figures may be compared."""
        known = COMPARABLE[1:] if self.config[DATA] else COMPARABLE  # a checksum is of all of them
        return as_json({key: value for key, value in self.config.items() if is_below(key, known)})


def configurations(runs: list[Run]) -> list[Configuration]:
    """Runs by experiment, in the order of their labels and seeds."""
    by_experiment: dict[str, list[Run]] = {}
    for run in _with_data(sorted(runs, key=lambda run: run.seed)):
        by_experiment.setdefault(as_json(experiment(run)), []).append(run)
    groups = list(by_experiment.values())
    configs = [experiment(group[0]) for group in groups]
    typed = [group[0].overrides.get(EXPERIMENT, "") for group in groups]
    chosen = {key: [_choice(group, key) for group in groups] for key in CHOICES}
    choices = {"dataset": chosen["dataset"], EXPERIMENT: typed, **chosen}
    pairs = zip(configs, _contents(configs), strict=True)
    shown = labels([{**config, DATA: data} for config, data in pairs], choices, _varied(runs))
    also, names = also_differ(configs, shown), short_names(shown)
    ones = map(Configuration, groups, configs, shown, also, names)
    return sorted(ones, key=lambda one: [_order(value) for value in one.label.values()])


def _varied(runs: list[Run]) -> list[str]:
    """The keys that were typed, swept or searched, in their order."""
    return list(dict.fromkeys(key.lstrip("+~") for run in runs for key in run.overrides))


def experiment(run: Run) -> dict[str, Any]:
    """What identifies the run and its data, but for its seed and the metrics that were chosen."""
    kept = {key: value for key, value in run.identity.items() if not is_below(key, REPEATED)}
    return {**kept, DATA: run.data}


def _with_data(runs: list[Run]) -> list[Run]:
    """A run that has no figures and has not opened its data yet belongs to its siblings."""
    known = {as_json({**experiment(run), DATA: ""}): run.data for run in runs if run.data}
    return [
        run
        if run.data or run.status == "finished"
        else replace(run, data=known.get(as_json(experiment(run)), ""))
        for run in runs
    ]


def _contents(configs: list[dict[str, Any]]) -> list[str | None]:
    """The checksum of each one's data, where its data set has had other contents as well."""
    names = [
        as_json([pair for pair in one.items() if is_below(pair[0], ("dataset",))])
        for one in configs
    ]
    found = {(name, one[DATA]) for name, one in zip(names, configs, strict=True)}
    contents = Counter(name for name, _ in found)
    return [
        (one[DATA] or "unknown") if contents[name] > 1 else None
        for name, one in zip(names, configs, strict=True)
    ]


def _choice(group: list[Run], key: str) -> str:
    """That of any of the runs; one that stopped early may have left none."""
    return next((run.choices[key] for run in group if run.choices[key]), "")


def _order(value: Any) -> tuple[int, float, str]:
    """What has no value, then numbers, then words."""
    if isinstance(value, int | float):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (2, 0.0, str(value))
