"""Adds the figures of a sweep over experiments to results.csv, and its commands to commands.csv:

    python docs/results/store.py FOLDER SET PROTOCOL METRIC,METRIC BASELINE,BASELINE

A row is a method, with its number of interests where the command gives one (`sasrec`,
`comirec_sa/1`). A BASELINE is such a row, or none: gains are paired by user, with 95 % intervals.
Rows of this set and protocol that are there already are replaced.
"""

import csv
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import torch

from bam.results.compare import difference
from bam.results.runs import Run, runs
from bam.results.user_values import user_values

HERE = Path(__file__).parent
Row = dict[str, str]


def method(run: Run) -> str:
    """The experiment, and the number of interests where the command gives one."""
    interests = run.overrides.get("num_interests")
    return run.overrides["experiment"] + (f"/{interests}" if interests else "")


def figures(found: list[Run], metrics: list[str]) -> Iterator[Row]:
    """Mean and standard deviation over seeds; of the seconds the least and the most."""
    for metric in metrics:
        values = [run.results["test"][metric] for run in found if metric in run.results["test"]]
        if values:
            sd = f"{statistics.stdev(values):.4f}" if len(values) > 1 else ""
            yield {"metric": metric, "mean": f"{statistics.fmean(values):.4f}", "sd": sd}
    seconds = [run.results["train_seconds"] for run in found]
    yield {"metric": "seconds", "low": f"{min(seconds):.0f}", "high": f"{max(seconds):.0f}"}


def gains(one: list[Run], other: list[Run], metrics: list[str], comparisons: int) -> Iterator[Row]:
    """The difference of each metric that has a value for each user."""
    for metric in metrics:
        sides = [
            torch.stack([user_values(run.folder, metric) for run in side]) for side in (one, other)
        ]
        gain = difference(*sides, comparisons)
        numbers = {"mean": gain.mean, "low": gain.low, "high": gain.high}
        yield {"metric": f"gain {metric}", **{key: f"{n:.4f}" for key, n in numbers.items()}}


def rows(folder: Path, name: str, protocol: str, metrics: list[str], over: list[str]) -> list[Row]:
    """All rows of the sweep."""
    methods: dict[str, list[Run]] = defaultdict(list)
    for run in runs(folder):
        if run.status == "finished":
            methods[method(run)].append(run)
    paired = [metric for metric in metrics if "coverage" not in metric]
    found = []
    for label, of_method in sorted(methods.items()):
        config, identity = of_method[0].config, label.replace("/", "_k")
        common = {
            "set": name,
            "id": f"{name}_{protocol}_{config['dataset.name']}_{identity}",
            "data": config["dataset.name"],
            "model": label.partition("/")[0],
            "K": str(config["num_interests"]),
            "seeds": str(len(of_method)),
            "protocol": protocol,
            "date": date.today().isoformat(),
        }
        found += [{**common, **row} for row in figures(of_method, metrics)]
        for baseline in over:
            if baseline != label:
                pairs = gains(of_method, methods[baseline], paired, len(methods) - 1)
                gained = {**common, "id": f"{common['id']}_over_{baseline.replace('/', '_k')}"}
                found += [
                    {**gained, "set": f"{name}_gains", "over": baseline, **row} for row in pairs
                ]
    return found


def command(row: Row, evaluation: str) -> str:
    """What trains the runs of a row."""
    interests = f" num_interests={row['K']}" if "_k1" in row["id"] else ""
    options = f"experiment={row['model']}{interests}{evaluation} seed=2021,2022,2023 threads=1"
    return f"bam train -m {options}"


def replace(path: Path, old: list[Row], new: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(old[0]), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows([*old, *new])


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    folder, name, protocol, metrics, over = sys.argv[1:]
    new = rows(
        Path(folder),
        name,
        protocol,
        metrics.split(","),
        [b for b in over.split(",") if b != "none"],
    )
    ids = {row["id"] for row in new}
    kept = [row for row in read(HERE / "results.csv") if row["id"] not in ids]
    replace(HERE / "results.csv", kept, new)
    option = "" if protocol == "clean" else f" evaluation={protocol}"
    commands = {row["id"]: command(row, option) for row in new}
    known = [row for row in read(HERE / "commands.csv") if row["id"] not in ids]
    replace(
        HERE / "commands.csv", known, [{"id": id, "command": text} for id, text in commands.items()]
    )
