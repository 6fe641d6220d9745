"""What the runs of a report are: when, by which command and program, where, and of which data."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bam.results.configuration import Configuration
from bam.results.report.block import Block
from bam.results.report.search import varied_options
from bam.results.runs import Run
from bam.run.files import ENVIRONMENT, RESULTS, read

MOST = 3  # commands, machines and programs that are listed
SIZES = {"users": "users", "items": "items", "interactions": "interactions"}


def facts(ones: list[Configuration], blocks: list[Block]) -> dict[str, list[str]]:
    """Lines by their name; what the runs have not recorded is left out."""
    runs = [run for one in ones for run in one.runs]
    found = {
        "Date": _dates(runs),
        "Command": _commands(runs),
        "Options": [] if _commands(runs) else _options(ones),
        "Program": _several(map(_program, map(_environment, runs))),
        "Machine": _several(map(_machine, map(_environment, runs))),
        "Data": [line for block in blocks if (line := _sizes(block))],
        "Training": _seconds(runs),
    }
    return {name: lines for name, lines in found.items() if lines}


def _environment(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = read(run.folder / ENVIRONMENT)
    return found


def _program(found: dict[str, Any]) -> str:
    commit = str(found.get("commit") or "")[:10]
    parts = [
        f"bam {found['bam']}" if found.get("bam") else "",
        f"commit {commit}" if commit else "",
        "with changes that are in no commit" if found.get("modified") else "",
        f"Python {found['python']}" if found.get("python") else "",
        *(f"{n} {v}" for n, v in dict(found.get("libraries") or {}).items() if n == "torch"),
    ]
    return ", ".join(filter(None, parts))


def _machine(found: dict[str, Any]) -> str:
    threads = found.get("threads")
    parts = [
        found.get("cpu"),
        count(found["cores"], "core") if isinstance(found.get("cores"), int) else "",
        found.get("device") if found.get("device") != "cpu" else "",
        count(threads, "thread") if isinstance(threads, int) else "",
        found.get("platform"),
    ]
    return ", ".join(str(part) for part in parts if part)


def _commands(runs: list[Run]) -> list[str]:
    found = [_environment(run).get("command") for run in runs]
    return _several(" ".join(map(str, c)) if isinstance(c, list) else str(c or "") for c in found)


def _options(ones: list[Configuration]) -> list[str]:
    """What was typed, of runs that have not recorded their command; varied options have a *."""
    runs, varied = [run for one in ones for run in one.runs], varied_options(ones)
    first = runs[0].overrides
    seeds = {run.seed for run in runs}
    shown = {
        k: "*" if k in varied or (k == "seed" and len(seeds) > 1) else v for k, v in first.items()
    }
    return [" ".join(f"{key}={value}" for key, value in shown.items())] if shown else []


def _dates(runs: list[Run]) -> list[str]:
    known = [when for run in runs if (when := _date(run))]
    if not known:
        return []
    first, last = (f"{when:%Y-%m-%d %H:%M}" for when in (min(known), max(known)))
    return [f"{first} UTC" if first == last else f"{first} to {last} UTC"]


def _date(run: Run) -> datetime | None:
    """When the run began; of one that has not recorded it, when its results were written."""
    try:
        return datetime.fromisoformat(str(_environment(run)["date"])).astimezone(UTC)
    except (KeyError, ValueError):
        path = run.folder / RESULTS
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else None


def _sizes(block: Block) -> str:
    held = [run.results.get("sizes") for one in block.measured for run in one.finished]
    sizes: dict[str, int] = next((each for each in held if each), {})
    words = [f"{sizes[key]:,} {word}" for key, word in SIZES.items() if key in sizes]
    return f"{block.title}: {', '.join(words)}; {sizes['test_users']:,} tested" if words else ""


def _seconds(runs: list[Run]) -> list[str]:
    seconds = [run.results.get("train_seconds") or 0.0 for run in runs if run.results]
    total = sum(seconds)
    if not total:
        return []
    text = f"{total:.0f} seconds" if total < 100 else f"{total / 60:,.0f} minutes"
    return [f"{text} in all runs"]


def _several(texts: Iterable[str]) -> list[str]:
    """Different ones, each once, the first few."""
    found = list(dict.fromkeys(text for text in texts if text))
    return found[:MOST] + ([f"and {len(found) - MOST} others"] if len(found) > MOST else [])


def count(number_of: int, what: str) -> str:
    return f"{number_of:,} {what}{'s' if number_of != 1 else ''}"
