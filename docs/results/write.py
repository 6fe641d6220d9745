"""Writes the tables of docs/results/*.md from results.csv: python docs/results/write.py

A page has the place of each between two comments: `<!-- table set=NAME columns=... -->`,
`<!-- pivot recall@10 ... -->` or `<!-- commands -->`, and `<!-- end -->`.
"""

import csv
import re
from pathlib import Path

HERE = Path(__file__).parent
PLACE = re.compile(r"(<!-- (table|pivot|commands)\b(.*?)-->\n).*?(<!-- end -->)", re.DOTALL)
LABEL = {
    "change": "what",
    "over": "compared with",
    "seconds": "minutes",
    "valid ndcg@10": "validation ndcg@10",
}
KEYS = ("data", "model", "K", "selection", "loss", "change", "over", "seeds")
UNBROKEN = "\u00a0"  # a space at which no line ends
ACCURACY = ["recall@10", "recall@20", "ndcg@10", "ndcg@20"]
Row = dict[str, str]


def read(name: str) -> list[Row]:
    """The rows of a CSV file beside this program."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FIGURES = read("results.csv")
COMMANDS = {row["id"]: row["command"] for row in read("commands.csv")}


def configurations(**wanted: str) -> list[Row]:
    """Those with the wanted values (several by commas; with `id`, in that order)."""
    rows: dict[str, Row] = {}
    for figure in FIGURES:
        if all(figure[key] in values.split(",") for key, values in wanted.items()):
            row = rows.setdefault(figure["id"], {key: figure[key] for key in ("id", *KEYS)})
            row[figure["metric"]] = shown(figure).replace(" ", UNBROKEN)
    order = wanted.get("id", "").split(",")
    return sorted(rows.values(), key=lambda row: order.index(row["id"]) if order != [""] else 0)


def shown(figure: Row) -> str:
    """`.0939 ± .0005`, `+.0107 [.0089, .0126]`, minutes of seconds, or the number alone."""
    mean, low, high = (short(figure[key]) for key in ("mean", "low", "high"))
    if figure["metric"] == "seconds":
        ends = [figure[key] for key in ("mean", "low", "high") if figure[key]]
        return " to ".join(f"{float(end) / 60:.1f}" for end in ends)
    if low:
        return f"{'' if mean.startswith('-') else '+'}{mean} [{low}, {high}]"
    return f"{mean} ± {short(figure['sd'])}" if figure["sd"] else mean


def short(number: str) -> str:
    """Without the 0 before the point."""
    return re.sub(r"^(-?)0\.", r"\1.", number)


def verdict(row: Row) -> str:
    """What the interval of the gain in recall@10 shows."""
    low, high = re.findall(r"-?\.\d+", row["gain recall@10"])[-2:]
    return "better" if float(low) > 0 else "worse" if float(high) < 0 else "no clear difference"


def grid(head: list[str], body: list[list[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def label(column: str) -> str:
    """The heading of a column."""
    return LABEL.get(column, column).replace("ndcg", "nDCG").replace("gain ", "gain in ")


def bold_best(cells: list[str], groups: list[str]) -> list[str]:
    """The cells, with the highest of each group in bold."""
    if len(cells) < 2:
        return cells
    values = [float(cell.split(UNBROKEN)[0] or -1) for cell in cells]
    best = {
        group: max(v for v, g in zip(values, groups, strict=True) if g == group) for group in groups
    }
    each = zip(cells, values, groups, strict=True)
    return [f"**{cell}**" if value == best[group] else cell for cell, value, group in each]


def table(rows: list[Row], columns: list[str]) -> str:
    """One line for each configuration; the best of a data set is bold; on validation if shown."""
    data = [row["data"] for row in rows]
    cells = [
        [verdict(row) if name == "verdict" else row.get(name, "") for row in rows]
        for name in columns
    ]
    bold = [name for name in columns if name.startswith("valid")] or ACCURACY
    marked = [
        bold_best(column, data) if name in bold else column
        for name, column in zip(columns, cells, strict=True)
    ]
    return grid(
        [label(name) for name in columns], [list(line) for line in zip(*marked, strict=True)]
    )


def pivot(text: str) -> tuple[str, list[Row]]:
    """One line for each `label: id id ...` of the text, one column for each data set."""
    metric, *texts = text.strip().splitlines()
    named = [
        (name, configurations(id=ids.strip().replace(" ", ",")))
        for name, ids in (line.split(": ") for line in texts)
    ]
    data = list(dict.fromkeys(row["data"] for _, rows in named for row in rows))
    groups = [metric] * len(named)
    columns = [
        bold_best([of_data(rows, name, metric) for _, rows in named], groups) for name in data
    ]
    lines = zip(*columns, strict=True)
    body = [[name, *line] for (name, _), line in zip(named, lines, strict=True)]
    return grid(["", *data], body), [row for _, rows in named for row in rows]


def of_data(rows: list[Row], data: str, metric: str) -> str:
    """The figure of this data set, or nothing."""
    return next((row[metric] for row in rows if row["data"] == data), "")


def commands(rows: list[Row]) -> str:
    """Those of the rows, each once, as a block of code."""
    found = dict.fromkeys(COMMANDS[row["id"]] for row in rows if row["id"] in COMMANDS)
    return "```\n" + "".join(f"{command}\n" for command in found) + "```\n"


def written(page: str) -> str:
    """The page, with every table and command made anew."""
    used: list[Row] = []

    def fill(place: re.Match[str]) -> str:
        opening, kind, text, end = place.groups()
        if kind == "pivot":
            body, rows = pivot(text)
        elif kind == "table":
            options = dict(option.split("=", 1) for option in text.split())
            columns = options.pop("columns").split(",")
            rows = configurations(**options)
            body = table(rows, [column.replace("_", " ") for column in columns])
        else:
            rows, body = [], commands(used)
        used.extend(rows)
        return f"{opening}\n{body}\n{end}"

    return PLACE.sub(fill, page)


if __name__ == "__main__":
    for path in HERE.glob("*.md"):
        path.write_text(written(path.read_text("utf-8")), "utf-8")
