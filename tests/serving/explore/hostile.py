"""Runs of a tiny data set whose ids and titles are not what a page would like."""

import json
import re

import bam
from bam.experiment.opened.load import load

TITLES = {
    "i0": "</script><img src=x onerror=alert(1)>",
    "i1": '"><b onclick=alert(2)>bold</b>',
    "i2": "<!-- <script>",
    "i3": "Ünïcode \u2028 日本",
    "i4": "$data ${script} \\u003c",
    "i5": "",
}
USERS, ITEMS, EACH, DAY = 30, 25, 9, 86_400
COLD = "only at the end"
SMALL = (
    "device=cpu",
    "threads=1",
    "dim=8",
    "history_length=5",
    "num_negatives=8",
    "batch_size=8",
    "trainer.max_steps=4",
    "trainer.validate_every=2",
)


def items_of(user, pace):
    """Nine items, of which the last is the test target; the first user's is in no training part."""
    found = [f"i{(user * 5 + step * pace * (1 + user % 3)) % ITEMS}" for step in range(EACH)]
    return [*found[:-1], COLD] if user == 0 else found


def own_data(folder):
    """The options of a table with times, and with titles and categories."""
    _write(folder / "own.csv", "user,item,time", _rows(1))
    items = [f"i{number}" for number in range(ITEMS)]
    categories = [f"even{number % 2}|<g{number % 3}>" for number in range(ITEMS)]
    categories[7] = ""
    titles = [TITLES.get(item, f"Title {item}") for item in items]
    lines = ["\t".join(parts) for parts in zip(items, titles, categories, strict=True)]
    _write(folder / "titles.tsv", "item\ttitle\tgenres", lines)
    return (
        *("dataset=table", "dataset.name=own", "dataset.raw=own.csv"),
        "dataset.columns={user: user, item: item, time: time}",
        "dataset.catalogue=titles.tsv",
        "dataset.catalogue_columns={item: item, title: title, genres: genres}",
    )


def unnamed_data(folder):
    """The options of a table of users and items alone."""
    _write(folder / "unnamed.csv", "user,item", [row.rpartition(",")[0] for row in _rows(2)])
    return (
        *("dataset=table", "dataset.name=unnamed", "dataset.raw=unnamed.csv"),
        "dataset.columns={user: user, item: item}",
    )


def _rows(pace):
    """User, item and time; user u meets an item a day from day u on."""
    return [
        f"u<{user:02}>,{item},{(user + step) * DAY}"
        for user in range(USERS)
        for step, item in enumerate(items_of(user, pace))
    ]


def _write(path, head, lines):
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")


def train(folder, *options):
    """A run of the data of the working folder."""
    return bam.train(*SMALL, *options, f"hydra.run.dir={folder}").folder


def content_of(text):
    """The data of a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found[1])


def parts_of(folder):
    """The parts of a run, as the page gets them."""
    return load(folder)._parts
