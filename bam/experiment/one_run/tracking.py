"""The chosen trackers, as one: jsonl is the run's own, and the others hold copies."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from bam.config.instantiate import components
from bam.errors import require
from bam.records import End, Track, TrackedRun
from bam.run.flatten import flat
from bam.run.identity import CIRCUMSTANCES
from bam.run.override import Override, as_mapping
from bam.run.spec import RunSpec
from bam.system.failure import explain
from bam.system.torchrun import is_first_process

log = logging.getLogger(__name__)
OWN = "jsonl"
LONGEST = 60  # letters of a name


@contextmanager
def tracking(
    nodes: Mapping[str, Any], run: TrackedRun, trust: Sequence[str] = ()
) -> Iterator[Track]:
    """Gives a Track that hands everything to every tracker; all are closed when the run ends.

    Only the first process opens trackers. A copy that fails later, as where its server cannot be
    reached any more, is left with a warning: the run is worth more. A run that ends by an error
    ends so in every tracker.

    Raises:
        Mistake: a tracker that cannot start, or no jsonl among them.
    """
    rule = f"tracker must hold {OWN} (tables and reports read it; tracker={OWN})"
    require(OWN in nodes, rule, list(nodes))
    tracks: dict[str, Track] = {}

    def each(call: Callable[[Track], None]) -> None:
        for name, track in list(tracks.items()):
            if not _survives(name, partial(call, track)):
                del tracks[name]

    with ExitStack() as opened:
        opening = nodes if is_first_process() else {}
        trackers = components(opening, "tracker", trust, run=run)
        try:
            for name, tracker in trackers.items():
                tracks[name] = tracker.__enter__()
                opened.callback(_survives, name, partial(tracker.__exit__, None, None, None))
            yield Track(
                loss=lambda step, loss: each(lambda track: track.loss(step, loss)),
                validation=lambda line: each(lambda track: track.validation(line)),
                end=lambda end: each(lambda track: track.end(end)),
            )
        except BaseException as error:
            unfinished = _unfinished(error)
            each(lambda track: track.end(unfinished))
            raise


def _survives(name: str, call: Callable[[], object]) -> bool:
    """Whether the call of a tracker has worked; an error of the run's own is raised."""
    try:
        call()
    except Exception as error:
        if name == OWN:
            raise
        log.warning(
            "tracker.%s has failed and is left; the run goes on without it: %s", name, error
        )
        return False
    return True


def _unfinished(error: BaseException) -> End:
    if not isinstance(error, Exception):  # Ctrl-C and SIGTERM
        return End("interrupted", "", {})
    return End("failed", f"{type(error).__name__}: {explain(error) or error}", {})


def finished(results: Mapping[str, Any]) -> End:
    """The end of a run with these results; their numbers have names such as test/recall@10."""
    leaves = flat({key: part for key, part in results.items() if key != "seed"}).items()
    return End(
        "finished",
        "",
        {
            path.replace(".", "/", 1): leaf
            for path, leaf in leaves
            if isinstance(leaf, int | float) and not isinstance(leaf, bool)
        },
    )


def tracked_run(spec: RunSpec, commit: str) -> TrackedRun:
    """What trackers know of a run."""
    tags = {**spec.choices, "seed": str(spec.config["seed"]), "commit": commit}
    return TrackedRun(
        folder=spec.folder,
        name=_name(spec),
        sweep=spec.folder.parent.name if spec.in_sweep else "",
        tags={key: value for key, value in tags.items() if value},
        overrides=as_mapping(spec.overrides),
    )


def _name(spec: RunSpec) -> str:
    """The run's own name, or else its choices and what else the command changes of it."""
    if spec.config["name"] != "":
        return str(spec.config["name"])
    changed = [
        f"{override.key.rpartition('.')[2]}={override.value}"
        for override in map(Override.parse, spec.overrides)
        if override.key not in spec.choices and override.root not in (*CIRCUMSTANCES, "hydra")
    ]
    name = " ".join([*spec.choices.values(), *changed])
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
