"""Rows of a state are read by any number of processes; writing is in tests/experiment."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from bam.run.rows import rows_path
from bam.system.processes import Processes
from bam.system.shards import Shards, shard
from bam.training.optimizer.lazy_adam import LazyAdam
from bam.training.shared_state import restore_rows

V1, D = 9, 4


class Table(nn.Module):
    def __init__(self, shards):
        super().__init__()
        self.shards, self.weight = shards, shard(torch.zeros(len(shards.own), D), shards)


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (1, 2), (2, 4)])
def test_each_process_reads_its_rows_and_one_alone_reads_all(tmp_path, index, size):
    names = ("step.table.weight", "averaged.table.weight", "optimizer.table.weight.mean")
    saved = {name: torch.randn(V1, D) for name in names}
    path = rows_path(tmp_path, 30)
    save_file(saved, path)
    shards = Shards(V1, Processes(index, size))
    step, averaged = (nn.ModuleDict({"table": Table(shards)}) for _ in range(2))
    optimizer = LazyAdam(step.parameters(), lr=0.1)
    restore_rows(path, step, averaged, optimizer)
    moment = optimizer.state[step["table"].weight]["mean"]
    found = (step["table"].weight, averaged["table"].weight, moment)
    for name, rows in zip(names, found, strict=True):
        assert torch.equal(rows, saved[name][shards.own.start : shards.own.stop])
