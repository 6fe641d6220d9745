"""The first page of a board: all data sets, mean ranks, and what is not run."""

from collections.abc import Sequence

from bam.results.board.cost import Cost, costs
from bam.results.board.page import figure, grid, label, link, name_of
from bam.results.board.plan import DATASETS, PROTOCOLS, Method, Protocol
from bam.results.board.ranking import Ranking, ranking
from bam.results.board.rows import ALPHA, Row
from bam.results.render.text import p_statement
from bam.results.report.figure.critical_difference import FEWEST
from bam.system.duration import duration

NOT_RUN, NEEDS_MORE = "not run", "needs more"  # in place of a number
HEAD = """\
# The board: every method side by side

[board.html](board.html) is all of it in one file that needs no network: it sorts by every \
column, and filters by data set, protocol and kind of method.

`bam board` has written these pages from [runs.csv](runs.csv), a row a run, and \
[gains.csv](gains.csv), a row a comparison. No number is here that was not run.

## How to read it

- A method is one file of `conf/experiment/`, as its [card](../../methods.md) describes it. It \
trains as many steps as `budget` allows on a data set, or until validation has not improved for \
some time; nothing else is tuned for a data set but the length of histories.
- The whole catalogue is ranked, from item ids alone except for what a card names. Validation \
users chose the weights. "refit=true" in a row: trained again on training and validation before \
the test.
- Figures are means ± standard deviations over seeds. A bold one is the highest of its table, \
which need not be a clear difference.
- A gain is paired by user: each user's metric, as a mean over seeds, less the same under the \
other method. [low, high] holds 95 % for this comparison alone. The verdict is of a paired t \
test after Holm's correction for all methods of the page: so a verdict may be "no clear \
difference" where the interval excludes 0.
- Intervals are over users. How much other seeds would move a mean is in its standard deviation.
- Steps are means over seeds. Minutes are what that many steps take at the pace of the quickest \
seed: the others may have shared their machine with other work.
- "needs more": the data do not have the times or genres that the method needs.
- "ComiRec-SA" has four interests and hard selection. "K = 1" is the same encoder with one.
"""
COST = """\
## What is run, and what is left

A training takes about as long as the method took elsewhere, step for step, times how much \
slower other methods were here, where any was run. Early stopping makes it shorter. The time \
left is that of three seeds of every method, also where one or two are run, one training after \
another, on the machines of the pages; methods that were run nowhere are not counted.
"""
FEW = """\
No critical-difference diagram: it needs {fewest} data sets at the very least, and the same \
methods on all of them; here {count}. (Demšar, JMLR 2006, advises more than ten for Friedman's \
test.)
"""
MANY = """\
![Mean ranks and the critical difference]({file})

Mean ranks by {metric} over {count} data sets (Demšar, JMLR 2006). Two methods differ at the 5 % \
level where their mean ranks are more than {cd:.2f} apart (Nemenyi); a line joins those that are \
not. Friedman's test after Iman and Davenport: F = {f:.2f}, {p}{weak}. With so few data \
sets only large differences in rank can show: the intervals over users on each page see far \
more.
"""


def overview(rows: Sequence[Row]) -> str:
    """All of the page."""
    parts = [HEAD, *(section(protocol, rows) for protocol in PROTOCOLS), COST]
    return "\n".join([*parts, cost_table(costs(rows))])


def picture(protocol: Protocol) -> str:
    """The file of a protocol's diagram."""
    return f"ranks_{protocol.name}.svg"


def section(protocol: Protocol, rows: Sequence[Row]) -> str:
    """The metric that ranks, of every method on every data set with a run."""
    some = [row for row in rows if row.protocol == protocol]
    data = list(dict.fromkeys(row.data for row in some if row.runs))
    text = f"## {protocol.title}: {label(protocol.ranks)}\n\n"
    text += f"`evaluation={protocol.name}`: {protocol.users}.\n\n"
    if not data:
        return f"{text}Nothing is run yet.\n"
    ranks = ranking(rows, protocol)
    return f"{text}{matrix(some, data, ranks)}\n{diagram(ranks)}"


def matrix(rows: Sequence[Row], data: list[str], ranks: Ranking | None) -> str:
    """A line a method, from the best mean rank on; then those with a hole."""
    order = dict(zip(ranks.found.names, ranks.found.means, strict=True)) if ranks else {}
    place = {(row.method.title, row.data): row for row in rows}
    methods = {row.method.title: row.method for row in rows}
    best = {
        name: max(row.mean(row.protocol.ranks) or 0 for row in rows if row.data == name)
        for name in data
    }
    body = []
    for title in sorted(methods, key=lambda one: order.get(one, float("inf"))):
        cells = [
            _figure(row, best[name])
            if (row := place.get((title, name))) and row.runs
            else _missing(methods[title], name)
            for name in data
        ]
        if not set(cells) <= {NOT_RUN, NEEDS_MORE}:
            rank = f"{order[title]:.1f}" if title in order else ""
            body.append([name_of(methods[title]), *cells, rank])
    counted = f"mean rank over {len(ranks.data)}" if ranks and len(ranks.data) > 1 else "rank"
    return grid(["method", *map(link, data), counted], body)


def _figure(row: Row, best: float) -> str:
    metric = row.protocol.ranks
    return figure(row, metric, row.mean(metric) == best)


def _missing(method: Method, data: str) -> str:
    """Why there is no number: a method of the plan lacks those data of the plan that do not do."""
    lacks = method.data and data in DATASETS and data not in method.data
    return NEEDS_MORE if lacks else NOT_RUN


def diagram(ranks: Ranking | None) -> str:
    """The diagram with its words, or why there is none."""
    count = len(ranks.data) if ranks else 0
    if ranks is None or not ranks.is_drawn:
        return FEW.format(fewest=FEWEST, count=count)
    found = ranks.found
    weak = "" if found.p < ALPHA else ", so no difference is shown"
    return MANY.format(
        file=picture(ranks.protocol),
        metric=label(ranks.protocol.ranks),
        count=count,
        cd=found.critical,
        f=found.f,
        p=p_statement(found.p),
        weak=weak,
    )


def cost_table(found: Sequence[Cost]) -> str:
    """A line a data set and protocol, with the command that runs what is left."""
    run = ["methods run", "of these fewer than 3 seeds", "not run"]
    head = ["data", "users", *run, "time so far", "time left", "command"]
    return grid(head, map(_cost_line, found))


def _cost_line(cost: Cost) -> list[str]:
    tested = "" if cost.protocol.name == "clean" else f" evaluation={cost.protocol.name}"
    is_left = cost.missing or cost.fewer
    left = "unknown" if cost.left is None else f"about {duration(60 * cost.left)}"
    left += f", and {cost.unknown} unknown" if cost.unknown and cost.left is not None else ""
    command = f"`bam train -m experiment=board dataset={cost.data}{tested} threads=1`"
    return [
        link(cost.data),
        cost.protocol.title.lower(),
        str(cost.run),
        str(cost.fewer),
        str(cost.missing),
        duration(60 * cost.minutes) if cost.run else "",
        left if is_left else "",
        command if is_left else "",
    ]
