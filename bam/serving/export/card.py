"""The model card of an export, CARD.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bam.serving.export.files import CARD, MEMORY
from bam.serving.export.licence import is_closed, licence
from bam.serving.export.manifest import Manifest
from bam.system.files import write_text

CONTENT = """\
# {title}

{model}: {K} interests of width {D} a user, from the last {L} items that the user has met.
An item's score is the inner product of its vector with an interest. The K scores of an item become
one by `{aggregation}`.

## Data

{data}: {users:,} users, {V:,} items, {interactions:,} interactions. Licence: {licence}.
{holds}

## Figures

`evaluation={protocol}`: every item is ranked for each of {test_users:,} test users. In brackets:
where 95 % of the means of 1,000 samples of users lie (bootstrap). What another seed would change is
not in them.

| | test | 95 % |
| --- | ---: | --- |
{figures}

## Index

{index}, beside exact ranking, for lists of {n} on one thread of {cpu}:

| | recall | p50, ms | p99, ms | users a second | MB |
| --- | ---: | ---: | ---: | ---: | ---: |
{measured}

recall is the share of the {n} best items by exact ranking that are found. p50 and p99 are of one
user, from the history to the list; users a second are in blocks of 256.

## Files

{files}

`SHA256SUMS` has the checksum of each file: `sha256sum --check SHA256SUMS`.

## How it was made

```
{command}
```

bam {bam}{commit}, {date}, from the run `{run}`: seed {seed}, {steps:,} steps, {weights}.

## Limits

- It knows the {V:,} items of its data alone, and users by the items that they have met alone.
  {cold:,} items were in no interaction that trained it.
- The figures are of past interactions: they do not say what people would choose if they were shown
  other items.
- It was not examined for how it treats groups of people, and is not made for decisions about them.
"""
FILES = {
    "export.json": "sizes, the config of the model, what was measured",
    "items.parquet": "number, id, title and genres of each item, and its place by popularity",
    "vectors.npy": "row i is the vector of item i + 1",
    "index.faiss": "FAISS; row i is item i + 1",
    "encoder.pt2": "torch.export: a history of item numbers to vectors, routing and weights",
    "encoder.onnx": "the same for ONNX",
    "lancedb": "the table `items` of LanceDB: vector, id, title, genres",
    "histories.parquet": "each user's items, oldest first",
    "weights.safetensors": "the model's weights, for bam",
    "memory.safetensors": "what the memory has counted; bam alone adds it to the scores",
}


@dataclass(frozen=True)
class Facts:
    """What a card says beside the manifest."""

    results: Mapping[str, Any]  # results.json of the run
    protocol: str
    intervals: Mapping[str, tuple[float, float]]  # by metric
    index: str  # the name of its option
    cpu: str
    n: int
    cold: int  # items that no interaction has trained
    sizes: Mapping[str, int]  # users, interactions, test_users
    remembers: bool  # whether histories can be read from what the memory has counted


def write_card(folder: Path, manifest: Manifest, facts: Facts) -> None:
    """Write what the export is, for people."""
    results, made, sizes = facts.results, manifest.made, facts.sizes
    commit = f", commit {made['commit'][:7]}" if made["commit"] else ""
    text = CONTENT.format(
        title=f"{made['run']} on {manifest.data}",
        model=_kind(manifest.model["backbone"]),
        aggregation=_kind(manifest.model["aggregation"]),
        K=manifest.num_interests,
        D=manifest.dim,
        L=manifest.history_length,
        V=manifest.num_items,
        data=manifest.data,
        users=sizes["users"],
        interactions=sizes["interactions"],
        test_users=sizes["test_users"],
        licence=licence(manifest.data),
        holds=_holds(manifest, (folder / MEMORY).exists(), facts.remembers),
        protocol=facts.protocol,
        figures=_figures(results["test"], facts.intervals),
        index=f"`index={facts.index}`",
        n=facts.n,
        cpu=facts.cpu,
        measured=_measured(manifest.measured),
        files=_files(folder),
        command=made["command"],
        bam=made["bam"],
        commit=commit,
        date=made["date"][:10],
        run=made["run"],
        seed=results["seed"],
        steps=results["steps"],
        weights=_weights(results),
        cold=facts.cold,
    )
    write_text(folder / CARD, text)


def _weights(results: Mapping[str, Any]) -> str:
    """Which weights of the training these are."""
    best = f"{results['best_step']:,}"
    if not results.get("refit"):
        return f"the weights of step\n{best}"
    again = "the weights are those of as many steps on train + validation (refit=true)"
    return f"of which validation\nchose {best}; {again}"


def _holds(manifest: Manifest, has_memory: bool, remembers: bool) -> str:
    """Which of the data are in the folder, and what that means where they are not to be shared."""
    names = "the ids, titles and genres of the items, and their order by popularity"
    if remembers:
        names += f", and in {MEMORY} the histories of the training part, without ids of users"
    elif has_memory:
        memory = _kind(manifest.model["memory"])
        names += f", and in {MEMORY} what {memory} has counted of the training part"
    if manifest.histories:
        text = f"This folder holds {names}, the histories of all users, and the items' counts."
    else:
        # a memory may have the counts too: what its buffers are is not known here
        missing = ["no histories"] * (not remembers) + ["no counts of items"] * (not has_memory)
        text = f"This folder holds {names}; {', '.join([*missing, 'no ids of users'])}."
    if is_closed(manifest.data):
        text += "\nThe terms of the data do not allow that they are passed on"
        text += ": keep this folder to yourself." if manifest.histories or remembers else "."
    return text


def _figures(test: Mapping[str, float], intervals: Mapping[str, tuple[float, float]]) -> str:
    lines = []
    for name, value in test.items():
        low, high = intervals.get(name, (None, None))
        between = "" if low is None else f"[{low:.4f}, {high:.4f}]"
        lines.append(f"| {name} | {value:.4f} | {between} |")
    return "\n".join(lines)


def _measured(measured: Mapping[str, Mapping[str, float]]) -> str:
    """The rows of the table of indexes."""
    return "\n".join(
        f"| {name} | {one['recall']:.4f} | {one['p50_ms']:.2f} | {one['p99_ms']:.2f} "
        f"| {one['users_per_second']:,.0f} | {one['bytes'] / 1e6:,.1f} |"
        for name, one in measured.items()
    )


def _files(folder: Path) -> str:
    there = [name for name in FILES if (folder / name).exists()]
    return "\n".join(f"- `{name}`: {FILES[name]}" for name in there)


def _kind(node: Mapping[str, Any]) -> str:
    return str(node["_target_"]).rpartition(".")[2]
