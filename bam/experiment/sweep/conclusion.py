"""What a sweep shows: its configurations as a table, and the conclusions in sentences."""

import statistics
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bam.experiment.one_run.console import command, write
from bam.results.also import also_differ_note
from bam.results.caution import refit_note
from bam.results.compare import compare
from bam.results.configuration import Configuration
from bam.results.label import different_keys
from bam.results.metrics import Metrics, Users, seed_values
from bam.results.render.console import SHARE, Column, draw, share_text
from bam.results.render.sheet import CHOSEN
from bam.results.render.text import (
    bound,
    heading,
    last_part,
    number,
    one_line,
    setting_text,
    spread,
    typed_text,
    value_text,
)
from bam.results.view import View
from bam.run.identity import CHOICES

MOST = 12  # configurations that a console shows
COMPARED = 3  # differences from the baseline that sentences describe


def show_conclusion(folder: Path, ones: list[Configuration], view: View) -> None:
    """The table of a sweep, its conclusions, the next command, and the sweep's folder.

    Raises:
        Mistake: the view does not fit.
    """
    metrics = Metrics.of(ones, view)
    table, lines = columns(ones, metrics), list(sentences(ones, metrics, view))
    given = [f"--baseline={key}={value}" for key, value in view.baseline.items()]
    given += [f"--metric={view.metric}"] if view.metric else []
    following = command("report", str(folder), *given)
    below = [Text(one_line(line)) for line in lines]
    write("", draw(table, Console().width), *below, f"next: {following}", str(folder))


def columns(ones: list[Configuration], metrics: Metrics) -> list[Column]:
    """A row a configuration: what differs, its validation, its test, and who wins the targets.

    Of many these are the ones that validate best, the best first.
    """
    chosen, rows = metrics.chosen_rows(ones), _rows(ones, metrics)
    shares = [_shares(one) for one in rows]
    seeds = {len(one.finished) for one in rows}
    first = [name for name in (metrics.compared, metrics.chooses) if name in metrics.names]
    tests = dict.fromkeys([*first, *metrics.shown])
    found = [
        Column("", [CHOSEN if one in chosen else "" for one in rows]),
        *(_words(key, rows) for key in _keys(ones)),
        *([Column("seeds", [str(len(one.finished)) for one in rows])] if seeds != {1} else []),
        _figures(metrics.chooses, "valid", rows),
        *(_figures(name, "test", rows, place) for place, name in enumerate(tests)),
    ]
    found.append(Column("share", shares, SHARE))
    return [column for column in found if any(column.cells)]


def sentences(ones: list[Configuration], metrics: Metrics, view: View) -> Iterator[str]:
    """What the table shows, and how far it can be believed.

    Raises:
        Mistake: the baseline does not fit.
    """
    if common := _common(ones):
        yield f"In all rows: {common}."
    if len(finished := _finished(ones)) > MOST:
        yield f"These {MOST} validate best; results.md has all {len(finished)} configurations."
    for one in metrics.chosen_rows(ones):
        best = f"{CHOSEN} the best {metrics.chooses} of the validation users"
        yield f"{best}: {_name(one, ones)}"
    yield from refit_note(ones)
    differences, also = list(_differences(ones, metrics, view)), also_differ_note(ones)
    yield from (*differences, *also)
    if differences and also:
        yield "What also differs can be a cause of the difference."


def _finished(ones: list[Configuration]) -> list[Configuration]:
    """Those with a finished run; those without are listed with what has stopped them."""
    return [one for one in ones if one.finished] or ones


def _rows(ones: list[Configuration], metrics: Metrics) -> list[Configuration]:
    finished, chosen = _finished(ones), metrics.chosen_rows(ones)
    if len(finished) <= MOST:
        return finished

    def order(one: Configuration) -> tuple[bool, float]:
        return one not in chosen, -metrics.quality(one, metrics.chooses, "valid")

    return sorted(finished, key=order)[:MOST]


def _keys(ones: list[Configuration]) -> list[str]:
    """What differs between the labels."""
    return different_keys([one.label for one in _finished(ones)])


def _common(ones: list[Configuration]) -> str:
    """The choices that all rows share, and what the others are compared on."""
    label = ones[0].label
    kept = [key for key in CHOICES if key in label and len({str(o.label[key]) for o in ones}) == 1]
    return ", ".join(setting_text(key, label[key]) for key in kept)


def _name(one: Configuration, ones: list[Configuration]) -> str:
    """What differs, as it is typed; of a configuration alone its selection."""
    keys = [key for key in _keys(ones) if one.label[key] is not None] or ["selection"]
    return " ".join(f"{heading(key)}={typed_text(key, one.label[key])}" for key in keys)


def _words(key: str, rows: list[Configuration]) -> Column:
    return Column(last_part(key), [value_text(key, one.label[key]) for one in rows])


def _figures(metric: str, users: Users, rows: list[Configuration], place: int = 0) -> Column:
    values = (seed_values(one, metric, users) for one in rows)
    cells = [spread(each) if each else "" for each in values]
    several = users == "valid" and any(len(one.finished) > 1 for one in rows)
    note = "valid, test: mean ± standard deviation over seeds" if several else ""
    return Column(f"{users}\n{metric}", cells, note, place)


def _shares(one: Configuration) -> str:
    """The mean over seeds of the largest share, of the second, and so on."""
    balances = [run.results.get("balance", {}).get("share", []) for run in one.finished]
    sorts = [sorted(shares, reverse=True) for shares in balances]
    return share_text([statistics.fmean(each) for each in zip(*sorts, strict=False)])


def _differences(ones: list[Configuration], metrics: Metrics, view: View) -> Iterator[str]:
    if not view.baseline:
        return
    found = compare(ones, view.baseline, metrics.compared)
    baseline = ", ".join(f"{key}={value}" for key, value in view.baseline.items())
    lower = metrics.compared in metrics.lower_is_better
    together = f" for all {len(found)} differences together" if len(found) > 1 else ""
    for place, gain in list(found.items())[:COMPARED]:
        verdict = _verdict(-gain.high, -gain.low) if lower else _verdict(gain.low, gain.high)
        size = f"{number(abs(gain.mean))} {'less' if gain.mean < 0 else 'more'}"
        yield (
            f"{_name(ones[place], ones)} against {baseline}: {size} {metrics.compared} on the test "
            f"users, 95 % interval{together} [{bound(gain.low)}, {bound(gain.high)}], paired over "
            f"{gain.users:,} users: {verdict}."
        )
    if len(found) > COMPARED:
        yield f"results.md has all {len(found)} differences from {baseline}."
    if any(gain.seeds == 1 for gain in found.values()):
        yield (
            "One seed each: the interval shows what other users could change, and not what other "
            "seeds could; seed=2021,2022,2023 shows that."
        )


def _verdict(low: float, high: float) -> str:
    """Of an interval of the gain, with a sign that is positive where it is better."""
    if low > 0:
        return "better by more than chance"
    return "worse by more than chance" if high < 0 else "a difference that chance can make"
