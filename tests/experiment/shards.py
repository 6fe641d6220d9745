"""A program of torchrun: what processes that share out the item table find, beside one process.

`torchrun --nproc-per-node=N tests/experiment/shards.py FOLDER` prints how far they are apart.
"""

import atexit
import json
import os
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import distributed

from bam import compose
from bam.experiment.one_run.steps import stream
from bam.experiment.parts.assemble import assemble
from bam.run import checkpoint
from bam.run.shared_file import read_rows
from bam.system.shards import shared_out
from bam.system.torchrun import is_first_process
from bam.training.update import clip, shards_by_weight

TABLE = "model.items.weight"
DATA = ("dataset=synthetic", "dataset.num_users=200", "dataset.num_items=2999",
        "dataset.num_interactions=4000", "device=cpu", "threads=1", "dim=16",
        "num_negatives=64", "batch_size=24")  # fmt: skip
FULL = ("likelihood=full_softmax", "negatives=none", "likelihood.chunk_items=700")
LOSSES = {
    "sampled softmax": (),
    "sampled softmax, sparse gradients": ("optimizer=lazy_adam",),
    "full softmax": FULL,
    "full softmax, smoothed and sharp": (
        *FULL,
        "likelihood.label_smoothing=0.1",
        "loss.multi_interest.sharpness=2",
        "aggregation=logsumexp",
    ),
    "full softmax of all positions": (
        *FULL,
        "backbone=sasrec",
        "num_interests=1",
        "sampling=all_positions",
        "selection=hard",
    ),
}


def main(folder):
    atexit.register(check_that_it_has_left)  # runs after what is registered later
    data = [*DATA, f"data_dir={folder}/data"]
    found = {f"loss of {name}": losses(data, more) for name, more in LOSSES.items()}
    found |= rankings(data) | files(data, folder)
    if is_first_process():
        print(json.dumps(found))


def check_that_it_has_left():
    """Fail where this process still is in the group: a thread of the group aborts some exits."""
    if distributed.is_initialized():
        os._exit(3)


def pair(*overrides):
    """The parts of one process, and those of this one of several with a shared table."""
    given = (("shard_table=false", "sparse=false"), ("shard_table=true",))
    return [assemble(compose(*overrides, *more)) for more in given]


def gathered(processes, rows):
    return torch.cat(processes.gather(rows.detach()))


def losses(data, more):
    """Distances of the loss and of each gradient, over the largest number of them."""
    one, shared = pair(*data, *more)
    processes = shared.processes
    first = [parts.step.model.items.weight for parts in (one, shared)]
    begins = torch.equal(first[0], gathered(processes, first[1]))
    batches = processes.gather(next(stream(shared)))
    expected = []
    for index, batch in enumerate(batches):
        torch.manual_seed(index)
        expected.append(one.step(batch))
    expected = torch.stack(expected).mean()
    expected.backward()
    step = processes.synchronised(shared.step, without=shared_out(shared.step))
    torch.manual_seed(processes.index)
    loss = step(batches[processes.index])
    loss.backward()
    mean = torch.tensor(processes.gather(float(loss.detach()))).mean()
    far = [distance(mean, expected.detach()), *gradients(one.step, shared.step, processes)]
    for some in (one.step, shared.step):
        clip([*some.parameters()], 0.01, shards_by_weight(some))
    far += gradients(one.step, shared.step, processes)
    return max(far) if begins else "other first weights"


def gradients(one, shared, processes):
    """The distance of each gradient."""
    pairs = zip(one.named_parameters(), shared.parameters(), strict=True)
    trained = [(name, whole.grad, own.grad) for (name, whole), own in pairs if own.grad is not None]
    for name, whole, own in trained:
        own = own.to_dense() if own.is_sparse else own
        whole = whole.to_dense() if whole.is_sparse else whole
        yield distance(gathered(processes, own) if name == TABLE else own, whole)


def distance(found, expected):
    return float((found - expected).abs().max() / expected.abs().max())


def rankings(data):
    """Whether ranks and lists are equal; also where many items are equal, and so tie."""
    one, shared = pair(*data, "memory=transitions", "blending=linear")
    found = [parts.rank(parts.split.test, 50) for parts in (one, shared)]
    equal = {
        key: torch.equal(*(getattr(ranking, key) for ranking in found))
        for key in ("rank", "winner", "cosine", "top", "top_winner")
    }
    equal["queries"] = torch.equal(*(ranking.queries.rank for ranking in found))
    one, shared = pair(*data)
    table = torch.randn(7, 16)[torch.randint(7, (3000,))]
    for parts in (one, shared):
        own = parts.step.model.shards.own
        parts.step.model.items.weight.data.copy_(table[own.start : own.stop])
    ties = [parts.rank(parts.split.test).rank for parts in (one, shared)]
    return {"rankings": equal, "ties": torch.equal(*ties)}


def files(data, folder):
    """Whether what several processes save is what one process has, and what it loads."""
    one, shared = pair(*data)
    processes = shared.processes
    path, whole = Path(folder) / "shared.safetensors", Path(folder) / "one.safetensors"
    checkpoint.save_shared(shared.step, path, processes)
    own = shared.step.model.items.weight
    processes.first(lambda: checkpoint.save(one.step, whole))
    saved, expected = load_file(path), load_file(whole)
    alike = all(torch.equal(saved[key], value) for key, value in expected.items())
    rows, before = torch.full_like(own, torch.nan), own.detach().clone()
    read_rows(path, TABLE, rows, shared.step.model.shards.own.start)
    own.data.zero_()
    checkpoint.load_shared(shared.step, path, processes)
    read = all(processes.gather(torch.equal(own, before) and torch.equal(rows, before)))
    return {"saved": alike and saved.keys() == expected.keys(), "read": read,
            "bytes": path.read_bytes() == whole.read_bytes()}  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
