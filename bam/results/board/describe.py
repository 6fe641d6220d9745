"""What a board stores of a finished run."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bam.errors import Mistake
from bam.results.board.files import require_page_name
from bam.results.board.plan import PROTOCOLS
from bam.results.board.record import REPEATS, Result
from bam.results.runs import Run
from bam.run.files import CONFIG, ENVIRONMENT, RESULTS, read
from bam.run.identity import CIRCUMSTANCES
from bam.run.override import typed

# options that make no other method: the data, the test, a seed, and how long a method may train
NO_METHOD = ("experiment", "dataset", "evaluation", "split", "metric", "seed", "budget", "trainer",
             "threads")  # fmt: skip
FIRST = ("experiment", "dataset", "evaluation", "seed", "threads")  # in a command
USERS = ("split", "evaluation.protocol")  # who is tested: gains are paired by user
Typed = Mapping[str, str]


def describe(run: Run) -> Result | None:
    """None of a run that has no experiment, or was tested on users of no board."""
    protocol = next((one for one in PROTOCOLS if one.measured(run.config)), None)
    own_users = any(key.lstrip("+~").startswith(USERS) for key in run.overrides)
    if protocol is None or own_users or "experiment" not in run.overrides:
        return None
    return _result(run, protocol.name, _method(run.overrides), _command(run))


def describe_blend(run: Run, members: Sequence[Result]) -> Result:
    """What `bam blend` has made of runs, which it did not train: `remi with=...`, `remi + mind`."""
    first, others = members[0], len(members) > 1
    left_out = ("run", "with") if others else ("run",)
    own = [f"{k}={v}" for k, v in _portable(run.overrides).items() if k not in left_out]
    names = ["RUN", *(f"RUN{number}" for number in range(2, len(members) + 1))]
    given = [f"with=[{','.join(names[1:])}]", *own] if others else own
    said = ", ".join(f"{n}: a run of {one.method}" for n, one in zip(names, members, strict=True))
    words = [word for word in own if not word.startswith("threads=")]
    method = " ".join([" + ".join(one.method for one in members), *words])
    command = f"bam blend run=RUN {' '.join(given)}   # {said}"
    blended = _result(run, first.protocol, method, command)
    return replace(
        blended,
        kind="ensemble" if others else blended.kind,
        steps=sum(one.steps for one in members),
        minutes=sum((one.minutes for one in members), blended.minutes),
    )


def has_memory(run: Run) -> bool:
    """Whether counts predict, alone or beside a model."""
    return not str(run.config.get("memory._target_", "NoMemory")).endswith("NoMemory")


def _result(run: Run, protocol: str, method: str, command: str) -> Result:
    found, recorded = run.results, read(run.folder / ENVIRONMENT)
    chosen_by = str(run.config.get("trainer.metric", ""))
    return Result(
        method=method,
        K=int(run.config["num_interests"]),
        kind=_kind(run),
        data=_data(run),
        protocol=protocol,
        seed=run.seed,
        refit=bool(run.config.get("refit", False)),
        steps=int(_number(run, "steps")),
        minutes=_number(run, "train_seconds") / 60,
        chosen_by=chosen_by,
        valid=found.get("valid", {}).get(chosen_by),
        machine=_machine(recorded),
        date=str(recorded.get("date", ""))[:10],
        bam=str(recorded.get("bam", "")),
        commit=str(recorded.get("commit") or "")[:10],
        checksum=run.data,
        command=command,
        metrics={
            name: float(value) for name, value in {**found["test"], **_repeats(found)}.items()
        },
    )


def _data(run: Run) -> str:
    """Their name, which is also that of their page; of a file without a name the file's."""
    named = run.config.get("dataset.name") or Path(run.config.get("dataset.path") or "").stem
    require_page_name(str(named), run.folder / CONFIG)
    return str(named)


def _number(run: Run, name: str) -> float:
    value = run.results.get(name)
    if value is None:
        raise Mistake(f"{run.folder / RESULTS}: {name} must be a number, got none")
    return float(value)


def _repeats(found: Mapping[str, Any]) -> dict[str, float]:
    """The share of the targets that their user has met before, where the run has recorded it."""
    share = found.get(REPEATS)
    return {} if share is None else {REPEATS: share}


def _method(typed: Typed) -> str:
    """The experiment, `_k1` of `num_interests=1`, and what else was typed: `mind selection=p`."""
    others = {key: value for key, value in _portable(typed).items() if _root(key) not in NO_METHOD}
    number = others.pop("num_interests", "")
    name = typed["experiment"] + (f"_k{number}" if number else "")
    return " ".join([name, *(f"{key}={value}" for key, value in others.items())])


def _command(run: Run) -> str:
    """What trains the run on any machine that has the data, with its seed, typed or not."""
    given = {**run.overrides, "seed": str(run.seed)}
    first = {key: given[key] for key in FIRST if key in given}
    words = [typed(key, value) for key, value in {**first, **_portable(given)}.items()]
    return f"bam train {shlex.join(words)}"


def _portable(typed: Typed) -> dict[str, str]:
    """The options without circumstances and paths of a machine, but with the number of threads."""
    return {
        key: value
        for key, value in typed.items()
        if key == "threads"
        or not (key in CIRCUMSTANCES or _root(key) == "hydra" or value.startswith("/"))
    }


def _root(key: str) -> str:
    """`hydra` of `hydra/launcher` and of `+hydra.sweep.dir`."""
    return key.lstrip("+~").partition(".")[0].partition("/")[0]


def _kind(run: Run) -> str:
    """What predicts: counts, one interest, several, or interests with counts."""
    if str(run.config.get("backbone._target_")).endswith(".Popularity"):
        return "counts"
    if has_memory(run):
        return "interests with counts"
    return "one interest" if run.config["num_interests"] == 1 else "several interests"


def _machine(recorded: Mapping[str, Any]) -> str:
    """`AMD EPYC, 1 of 2 cores`; empty where the run has not recorded it."""
    if "cpu" not in recorded:
        return ""
    device = recorded.get("device", "cpu")
    cores = f"{recorded.get('threads', '?')} of {recorded.get('cores', '?')} cores"
    return ", ".join(filter(None, [str(recorded["cpu"]), "" if device == "cpu" else device, cores]))
