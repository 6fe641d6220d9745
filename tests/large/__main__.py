"""Prepare artificial interactions in a process of its own, and measure its time and memory.

python -m tests.large --rows 25000000 --form csv parquet --most 4 prints a row of a table for each
number of rows and form. It fails where more than `most` GB are taken, or where CSV and Parquet
give different data.
"""

import os
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bam.data.dataset.build import store
from tests.conftest import ROOT
from tests.large.source import write_csv, write_parquet

WRITE = {"csv": write_csv, "parquet": write_parquet}
COLUMNS = "{user: user, item: item, time: time}"
HEADER = ("form", "rows", "users", "items", "raw GB", "s", "CPU s", "GB", "opened, CPU s")


@dataclass(frozen=True)
class Cost:
    """What preparing has taken."""

    seconds: float
    cpu_seconds: float
    peak_gb: float


def main() -> int:
    add = (parser := ArgumentParser(description=__doc__)).add_argument
    add("--rows", type=int, nargs="+", default=[25_000_000])
    add("--users", type=int, default=0, help="0: rows / 50")
    add("--items", type=int, default=0, help="0: rows / 200")
    add("--form", choices=WRITE, nargs="+", default=list(WRITE))
    add("--most", type=float, default=4.0, help="GB of resident memory")
    add("--folder", default="", help="with space for the raw file and as much again; empty: /tmp")
    add("options", nargs="*", help="of bam prepare, such as dataset.filters.user_core=5")
    given = parser.parse_args()
    console, wrong = Console(soft_wrap=True), False
    console.print("| " + " | ".join(HEADER) + " |\n|" + "---|" * len(HEADER))
    for rows in given.rows:
        checksums = set()
        for form in given.form:
            counts = rows, given.users or rows // 50, given.items or rows // 200
            cells, cost, checksum = measure(form, counts, given.folder, given.options)
            console.print("| " + " | ".join(cells) + " |")
            checksums.add(checksum)
            wrong |= cost.peak_gb > given.most
        wrong |= len(checksums) > 1
    return int(wrong)


def measure(
    form: str, counts: tuple[int, int, int], place: str, options: list[str]
) -> tuple[list[str], Cost, str]:
    """A row of the table, what it took, and the checksum of the data.

    `counts` are those of rows, users and items.
    """
    with TemporaryDirectory(dir=place or None, prefix="bam-large-") as folder:
        raw = Path(folder) / f"raw.{form}"
        WRITE[form](raw, *counts)
        size = sum(path.stat().st_size for path in [raw, *raw.glob("*")]) / 1e9
        cost = prepare(raw, Path(folder), options)
        began = time.process_time()
        data = store.load("large", f"{folder}/data/large")  # with the checksum of each file
        opened = time.process_time() - began
    cells = [form, f"{len(data.items):,}", f"{len(data.offsets) - 1:,}", f"{data.num_items:,}"]
    cells += [f"{size:.2f}", f"{cost.seconds:.0f}", f"{cost.cpu_seconds:.0f}"]
    return [*cells, f"{cost.peak_gb:.2f}", f"{opened:.2f}"], cost, data.checksum


def prepare(raw: Path, folder: Path, options: list[str]) -> Cost:
    """The time and memory of `bam prepare`, of which nothing but the data set may be left."""
    command = ["prepare.py", "dataset=table", f"dataset.raw={raw}", "dataset.name=large"]
    command += [f"dataset.columns={COLUMNS}", f"data_dir={folder}/data", *options]
    began = time.monotonic()
    arguments = [sys.executable, str(ROOT / "scripts" / command[0]), *command[1:]]
    process = os.posix_spawn(sys.executable, arguments, os.environ)
    _, status, usage = os.wait4(process, 0)
    seconds = time.monotonic() - began
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    left = {path.name for path in (folder / "data").iterdir()}
    if left != {"large", "conf"}:
        raise RuntimeError(f"preparing left {left}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


if __name__ == "__main__":
    sys.exit(main())
