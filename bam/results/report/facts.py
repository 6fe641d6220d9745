"""What the runs of a report are: when, by which command and program, where, and of which data."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bam.evaluation.users import HISTORY
from bam.results.configuration import Configuration
from bam.results.report.block import Block
from bam.results.report.search import recorded_date, varied_options
from bam.results.report.values import users_column
from bam.results.runs import Run
from bam.run.files import ENVIRONMENT, RESULTS, read

MOST = 3  # commands, machines and programs that are listed
SIZES = {
    "users": "users",
    "test_users": "of them tested",
    "items": "items",
    "interactions": "interactions",
}


def facts(ones: list[Configuration], blocks: list[Block]) -> dict[str, list[str]]:
    """Lines by their name; what the runs have not recorded is left out."""
    runs = [run for one in ones for run in one.runs]
    recorded: list[dict[str, Any]] = [read(run.folder / ENVIRONMENT) for run in runs]
    commands = _several(map(_command, recorded))
    found = {
        "Date": _dates(runs, recorded),
        "Command": commands,
        "Options": [] if commands else _options(ones),
        "Program": _several(map(_program, recorded)),
        "Machine": _several(map(_machine, recorded)),
        "Data": [line for block in blocks if (line := _sizes(block))],
        "Training": _seconds(runs),
        "Users": _without_users(ones),
    }
    return {name: lines for name, lines in found.items() if lines}


def _program(found: dict[str, Any]) -> str:
    commit = str(found.get("commit") or "")[:10]
    libraries = found.get("libraries")
    libraries = libraries if isinstance(libraries, dict) else {}
    parts = [
        f"bam {found['bam']}" if found.get("bam") else "",
        f"commit {commit}" if commit else "",
        "with changes that are in no commit" if found.get("modified") else "",
        f"Python {found['python']}" if found.get("python") else "",
        f"torch {libraries['torch']}" if libraries.get("torch") else "",
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


def _command(found: dict[str, Any]) -> str:
    command = found.get("command") or ""
    return " ".join(map(str, command)) if isinstance(command, list) else str(command)


def _options(ones: list[Configuration]) -> list[str]:
    """What was typed, of runs that have not recorded their command; varied options have a *."""
    runs, varied = [run for one in ones for run in one.runs], varied_options(ones)
    first = runs[0].overrides
    seeds = {run.seed for run in runs}
    shown = {
        k: "*" if k in varied or (k == "seed" and len(seeds) > 1) else v for k, v in first.items()
    }
    return [" ".join(f"{key}={value}" for key, value in shown.items())] if shown else []


def _dates(runs: list[Run], recorded: list[dict[str, Any]]) -> list[str]:
    dates = map(_date, runs, recorded)
    known = [when for when in dates if when]
    if not known:
        return []
    first, last = (f"{when:%Y-%m-%d %H:%M}" for when in (min(known), max(known)))
    return [f"{first} UTC" if first == last else f"{first} to {last} UTC"]


def _date(run: Run, recorded: dict[str, Any]) -> datetime | None:
    """When the run began; of one that has not recorded it, when its results were written."""
    if date := recorded_date(recorded):
        return date
    path = run.folder / RESULTS
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else None


def _sizes(block: Block) -> str:
    held = [run.results.get("sizes") for one in block.measured for run in one.finished]
    sizes: dict[str, int] = next((each for each in held if each), {})
    words = [
        f"{sizes[key]:,} {word}" for key, word in SIZES.items() if isinstance(sizes.get(key), int)
    ]
    return f"{block.title}: {', '.join(words)}" if words else ""


def _seconds(runs: list[Run]) -> list[str]:
    seconds = [run.results.get("train_seconds") or 0.0 for run in runs if run.results]
    total = sum(seconds)
    if not total:
        return []
    text = f"{total:.0f} seconds" if total < 100 else f"{total / 60:,.0f} minutes"
    return [f"{text} in all runs"]


def _without_users(ones: list[Configuration]) -> list[str]:
    """Why a picture of users is missing."""
    finished = [one for one in ones if one.finished]
    without = [one for one in finished if users_column(one, HISTORY) is None]
    if not without:
        return []
    return [
        f"{len(without)} of {count(len(finished), 'configuration')}: trained by an earlier version "
        "of bam, which kept no numbers of users; pictures by history and popularity have the others"
    ]


def _several(texts: Iterable[str]) -> list[str]:
    """Different ones, each once, the first few."""
    found = list(dict.fromkeys(text for text in texts if text))
    return found[:MOST] + ([f"and {len(found) - MOST} others"] if len(found) > MOST else [])


def count(number_of: int, what: str) -> str:
    return f"{number_of:,} {what}{'s' if number_of != 1 else ''}"
