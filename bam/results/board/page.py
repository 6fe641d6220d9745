"""The page of a data set, as Markdown."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from bam.evaluation.targets import FEW
from bam.results.board.cost import minutes_of
from bam.results.board.plan import BASELINES, PROTOCOLS, Method, Protocol
from bam.results.board.record import REPEATS
from bam.results.board.rows import Corrected, Row
from bam.results.published import NAMES, Source, published
from bam.results.render.markdown import escape
from bam.results.render.text import bound, number, spread

UNBROKEN = "\u00a0"  # a space at which no line ends
HEAD = """\
# {data}: every method

`bam board` has written this page from [runs.csv](runs.csv) and [gains.csv](gains.csv). \
[The board](index.md#how-to-read-it) explains its columns.
"""


def page(data: str, rows: Sequence[Row]) -> str:
    """Both protocols, their commands, and published figures; `rows` are all of the board."""
    own = [row for row in rows if row.data == data]
    parts = [HEAD.format(data=data)]
    for protocol in PROTOCOLS:
        some = [row for row in own if row.protocol == protocol]
        parts.append(section(protocol, some, rows))
    return "\n".join([*parts, beside(data)]).rstrip("\n") + "\n"


def section(protocol: Protocol, page: Sequence[Row], rows: Sequence[Row]) -> str:
    """What is run under a protocol, and what is not."""
    done, missing = [row for row in page if row.runs], [row for row in page if not row.runs]
    text = f"## {protocol.title}\n\n`evaluation={protocol.name}`: {protocol.users}.\n"
    if done:
        text += repeats(protocol, done)
        text += f"\n{table(protocol, done)}\n{notes(done)}\n### Commands\n\n"
        text += code(row.command for row in done)
    if missing:
        text += f"\n### Not run: {protocol.title.lower()}\n\n{not_run(missing, rows)}"
    return text


def repeats(protocol: Protocol, rows: Sequence[Row]) -> str:
    """A warning, where the targets of many users are items that they have met before."""
    share = max(one.metrics.get(REPEATS, 0.0) for row in rows for one in row.runs)
    if protocol.ranking != "Clean" or share <= FEW:
        return ""
    return (
        f"\n**{share:.1%} of the targets are items that their user has met before.** All other met "
        "items are taken out, so that these targets rank too high, the more so the better a method "
        "remembers a history. `evaluation=repeats` takes nothing out.\n"
    )


def table(protocol: Protocol, rows: Sequence[Row]) -> str:
    """One line a method, the best first; the best mean of each metric is bold."""
    machines = list(dict.fromkeys(machine(row) for row in rows))
    gains = [f"gain in {label(protocol.ranks)} over {name}" for name in BASELINES.values()]
    head = ["method", "K", *map(label, protocol.shown), *gains, "steps", "minutes", "seeds"]
    head += ["machine"] if len(machines) > 1 else []
    best = {
        name: max((row.mean(name) or 0.0 for row in rows), default=0) for name in protocol.shown
    }
    body = []
    for row in rows:
        cells = [name_of(row.method), str(row.runs[0].K)]
        cells += [figure(row, name, row.mean(name) == best[name]) for name in protocol.shown]
        cells += [gain_text(row.gains.get((over, protocol.ranks))) for over in BASELINES]
        cells += [
            f"{row.steps:,}",
            number(row.minutes or 0.0, 1),
            str(len(row.runs)),
        ]
        cells += [letter(machines.index(machine(row)))] if len(machines) > 1 else []
        body.append(cells)
    return grid(head, body)


def notes(rows: Sequence[Row]) -> str:
    """For how many tests p is corrected, and on which machines."""
    tests = {one.tests for row in rows for one in row.gains.values()}
    machines = list(dict.fromkeys(machine(row) for row in rows))
    named = (
        machines
        if len(machines) == 1
        else [f"{letter(i)}: {one}" for i, one in enumerate(machines)]
    )
    corrected = f"Corrected for {max(tests)} methods (Holm). " if tests else ""
    return f"{corrected}Machine: {'; '.join(map(escape, named))}.\n"


def not_run(missing: Sequence[Row], rows: Sequence[Row]) -> str:
    """Their commands, and what one training of each would take."""
    lines = []
    for row in missing:
        minutes = minutes_of(row, rows)
        about = "" if minutes is None else f"   # about {max(minutes, 0.1):.1f} minutes each"
        lines.append(f"{row.command}{about}")
    return code(lines)


def beside(data: str) -> str:
    """Published figures of the same data, each source with its protocol."""
    found = [published(name) for name in NAMES]
    parts = [text for source in found if (text := of_source(source, data))]
    return "\n".join(["## Published figures", "", *parts]) if parts else ""


def of_source(source: Source, data: str) -> str:
    rows = [row for row in source.rows if row.dataset == data]
    metrics = list(dict.fromkeys(name for row in rows for name in row.figures))
    cells = [[row.method, *(number(row.figures[name]) for name in metrics)] for row in rows]
    if not rows:
        return ""
    head = ["method", *map(label, metrics)]
    return f"{source.source}: {source.how}.\n\n{grid(head, cells)}"


def figure(row: Row, metric: str, is_best: bool) -> str:
    """Its mean ± standard deviation over seeds."""
    values = row.values(metric)
    if not values:
        return ""
    text = spread(values).replace(" ", UNBROKEN)
    return f"**{text}**" if is_best else text


def gain_text(one: Corrected | None) -> str:
    """`+.0107 [.0089, .0126], better`; the interval is for itself, the verdict for all."""
    if one is None:
        return ""
    sign = "+" if one.gain.mean > 0 else ""
    interval = f"{sign}{number(one.gain.mean)} [{bound(one.gain.low)}, {bound(one.gain.high)}]"
    return f"{interval.replace(' ', UNBROKEN)}, {one.verdict}"


def machine(row: Row) -> str:
    """Where its minutes were measured."""
    return row.quickest.machine


def letter(place: int) -> str:
    return chr(ord("A") + place)


def label(metric: str) -> str:
    """The heading of a metric."""
    return metric.replace("ndcg", "nDCG")


def name_of(method: Method) -> str:
    """The title, with a link to the method's card."""
    if not method.has_card:
        return escape(method.title)
    anchor = re.sub(r"[^a-z0-9_-]", "", method.title.lower().replace(" ", "-"))
    return f"[{method.title}](../../methods.md#{anchor})"


def link(data: str) -> str:
    """The name of the data, with a link to their page."""
    return f"[{data}]({quote(data)}.md)"


def grid(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(lines: Iterable[str]) -> str:
    """Lines in a block of code."""
    whole = (" ".join(line.splitlines()) for line in lines)  # an option may have several
    return "".join(["```\n", *(f"{line}\n" for line in whole), "```\n"])
