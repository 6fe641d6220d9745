"""What a board stores of a finished run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bam.results.board.plan import PROTOCOLS
from bam.results.board.record import Result
from bam.results.runs import Run
from bam.run.files import ENVIRONMENT, read
from bam.run.identity import CIRCUMSTANCES

# options that make no other method: the data, the test, a seed, and how long a method may train
NO_METHOD = ("experiment", "dataset", "evaluation", "split", "metric", "seed", "budget", "trainer",
             "threads")  # fmt: skip
FIRST = ("experiment", "dataset", "evaluation", "seed", "threads")  # in a command
Typed = Mapping[str, str]


def describe(run: Run) -> Result | None:
    """None of a run that has no experiment, or was tested under a protocol of no board."""
    protocol = next((one for one in PROTOCOLS if one.measured(run.config)), None)
    if protocol is None or "experiment" not in run.overrides:
        return None
    return _result(run, protocol.name, _method(run.overrides), _command(run.overrides))


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


def _result(run: Run, protocol: str, method: str, command: str) -> Result:
    found, recorded = run.results, read(run.folder / ENVIRONMENT)
    chosen_by = str(run.config.get("trainer.metric", ""))
    return Result(
        method=method,
        K=int(run.config["num_interests"]),
        kind=_kind(run.config),
        data=str(run.config["dataset.name"]),
        protocol=protocol,
        seed=run.seed,
        refit=bool(run.config.get("refit", False)),
        steps=int(found["steps"]),
        minutes=float(found["train_seconds"]) / 60,
        chosen_by=chosen_by,
        valid=found.get("valid", {}).get(chosen_by),
        machine=_machine(recorded),
        date=str(recorded.get("date", ""))[:10],
        bam=str(recorded.get("bam", "")),
        commit=str(recorded.get("commit") or "")[:10],
        command=command,
        metrics={name: float(value) for name, value in found["test"].items()},
    )


def _method(typed: Typed) -> str:
    """The experiment, `_k1` of `num_interests=1`, and what else was typed: `mind selection=p`."""
    others = {key: value for key, value in _portable(typed).items() if _root(key) not in NO_METHOD}
    number = others.pop("num_interests", "")
    name = typed["experiment"] + (f"_k{number}" if number else "")
    return " ".join([name, *(f"{key}={value}" for key, value in others.items())])


def _command(typed: Typed) -> str:
    """What trains the run on any machine that has the data."""
    first = {key: typed[key] for key in FIRST if key in typed}
    words = [f"{key}={value}" for key, value in {**first, **_portable(typed)}.items()]
    return " ".join(["bam train", *words])


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


def _kind(config: Mapping[str, Any]) -> str:
    """What predicts: counts, one interest, several, or interests with counts."""
    memory = str(config.get("memory._target_", "NoMemory"))
    if str(config.get("backbone._target_")).endswith(".Popularity"):
        return "counts"
    if not memory.endswith("NoMemory"):
        return "interests with counts"
    return "one interest" if config["num_interests"] == 1 else "several interests"


def _machine(recorded: Mapping[str, Any]) -> str:
    """`AMD EPYC, 1 of 2 cores`; empty where the run has not recorded it."""
    if "cpu" not in recorded:
        return ""
    device = recorded.get("device", "cpu")
    cores = f"{recorded.get('threads', '?')} of {recorded.get('cores', '?')} cores"
    return ", ".join(filter(None, [str(recorded["cpu"]), "" if device == "cpu" else device, cores]))
