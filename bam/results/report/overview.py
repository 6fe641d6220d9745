"""What a reader should know first: the best configuration, and what the runs are."""

from dataclasses import dataclass

from bam.results.also import also_differ_note
from bam.results.configuration import Configuration
from bam.results.metrics import seed_values
from bam.results.render.text import spread
from bam.results.report.block import USERS, Block
from bam.results.report.facts import count, facts
from bam.results.report.figure.forest import Gain


@dataclass(frozen=True)
class Overview:
    """The head of the page."""

    lead: str
    best: list[tuple[str, str]]  # of each block: the configuration, and what it has reached
    facts: dict[str, list[str]]


def overview(ones: list[Configuration], blocks: list[Block]) -> Overview:
    """Of all runs, in any state."""
    runs = [run for one in ones for run in one.runs]
    data = list(dict.fromkeys(str(one.label["dataset"]) for one in ones))
    counts = [count(len(runs), "run"), count(len(ones), "configuration"), ", ".join(data)]
    return Overview(
        lead="{} of {} on {}.".format(*counts),
        best=[best_sentence(block) for block in blocks if block.measured] + _also(ones, blocks),
        facts=facts(ones, blocks),
    )


def _also(ones: list[Configuration], blocks: list[Block]) -> list[tuple[str, str]]:
    """What differs beside the choices, where differences are shown: it can be their cause."""
    if not any(block.differences for block in blocks):
        return []
    found = [note.partition(": ") for note in also_differ_note(ones)]
    return [(head, f"{text} It can be a cause of the difference.") for head, _, text in found]


def best_sentence(block: Block) -> tuple[str, str]:
    """The best configuration, and its figures; chosen by validation where that has figures."""
    best = block.best_first[0]
    known = [(seed_values(best, block.metric, users), users) for users in block.users[::-1]]
    figures = ", ".join(f"{spread(values)} on the {USERS[users]} users" for values, users in known)
    if len(best.finished) > 1:
        figures += f" (mean ± standard deviation over {len(best.finished)} seeds)"
    if len(block.measured) == 1:
        return f"{block.title}: {best.name}", f"{block.metric} {figures}."
    how = f"the best of {len(block.measured)} configurations by {block.judge}"
    warning = "" if block.judged == "valid" else ", which flatters it"
    return (
        f"{block.title}: {best.name}",
        f"{how}{warning}. Its {block.metric} is {figures}.{_margin(block, best)}",
    )


def _margin(block: Block, best: Configuration) -> str:
    """Its difference from the baseline; where it is the baseline, that of the second."""
    first, *others = block.best_first
    if best.name in block.differences:
        one, subject, origin = first, "It", block.baseline_name
    elif others and others[0].name in block.differences and block.baseline(others[0]) is best:
        one, subject, origin = others[0], f"The second, {others[0].name},", "it"
    else:
        return ""
    found = block.differences[one.name]
    gain = Gain(one.name, found.mean, found.low, found.high)
    clear = "" if gain.is_clear else ", and the interval includes 0"
    return f" {subject} differs from {origin} by {gain.text}{clear}."
