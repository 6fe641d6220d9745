"""An item table that processes share out gives what one process has."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from bam.config.instantiate import build
from bam.config.settings import settings
from bam.errors import Mistake
from bam.experiment.parts.shards import check_shards
from bam.model.table.normal import BLOCK, draw_rows, draw_shard
from bam.system.processes import Processes
from bam.system.shards import Shards
from tests.conftest import ROOT
from tests.experiment.test_parallel import OPTIONS, TORCHRUN, results, run

# each by one worker of pytest-xdist, so that its processes start once
ON_THE_FOUND = pytest.mark.xdist_group("found by processes that share a table")
ON_THE_TRAINED = pytest.mark.xdist_group("trained with a shared table")
ROUNDING = 1e-5  # of the largest number, in float32


def torchrun(processes, *command):
    numbered = [word.replace("process=2", f"process={processes}") for word in TORCHRUN]
    return [*numbered, *map(str, command)]


@pytest.fixture(scope="module", params=[2, 3])
def found(request, tmp_path_factory):
    """What the program of several processes has found."""
    folder = tmp_path_factory.mktemp("shards")
    program = ROOT / "tests" / "experiment" / "shards.py"
    return json.loads(run(folder, *torchrun(request.param, program, folder)))


@ON_THE_FOUND
@pytest.mark.processes
def test_losses_and_gradients_are_those_of_one_process(found):
    far = {key: value for key, value in found.items() if key.startswith("loss of")}
    assert len(far) == 5 and all(value < ROUNDING for value in far.values()), far


@ON_THE_FOUND
@pytest.mark.processes
def test_ranks_and_lists_are_those_of_one_process_also_where_items_tie(found):
    assert all(found["rankings"].values()) and found["ties"], found


@ON_THE_FOUND
@pytest.mark.processes
def test_the_weights_that_are_saved_are_the_file_of_one_process_bit_by_bit(found):
    assert found["saved"] and found["bytes"] and found["read"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs of two processes: with a table each, with one, and with that in one go and in two."""
    folder = tmp_path_factory.mktemp("trained")
    constant = [one for one in OPTIONS if "schedule" not in one and "max_steps" not in one]
    options = (*constant, "trainer.validate_every=30")
    shared, lazy = (*options, "shard_table=true"), "optimizer=lazy_adam"
    for steps, more in (
        (60, (*options, "name=each")),
        (60, (*shared, "name=shared")),
        (60, (*shared, lazy, "name=straight")),
        (30, (*shared, lazy, "name=paused")),
        (60, (*shared, lazy, "name=paused")),
        (30, (*shared, lazy, "name=alone")),
    ):
        program = ROOT / "scripts" / "train.py"
        run(folder, *torchrun(2, program, *more, f"trainer.max_steps={steps}"))
    alone = (*shared, lazy, "name=alone", "trainer.max_steps=60")
    run(folder, str(ROOT / "scripts" / "train.py"), *alone)
    return folder / "outputs"


def weights(trained, *names):
    return [load_file(trained / name / "weights.safetensors") for name in names]


@ON_THE_TRAINED
@pytest.mark.processes
def test_a_training_with_a_shared_table_is_that_of_processes_with_a_table_each(trained):
    each, shared = weights(trained, "each", "shared")
    assert each.keys() == shared.keys()
    for name, value in each.items():
        np.testing.assert_allclose(shared[name], value, rtol=0.01, atol=0.003, err_msg=name)
    expected, found = (results(trained / name)["test"] for name in ("each", "shared"))
    assert found == pytest.approx(expected, abs=0.01)


@ON_THE_TRAINED
@pytest.mark.processes
def test_a_training_with_a_shared_table_continues_bit_by_bit(trained):
    one, other = weights(trained, "straight", "paused")
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert [path.name for path in (trained / "paused").glob("rows.*")] == ["rows.60.safetensors"]


@ON_THE_TRAINED
@pytest.mark.processes
def test_one_process_continues_what_several_have_saved(trained):
    lines = (trained / "alone" / "train.log").read_text()
    assert "continues at step 30" in lines and results(trained / "alone")["steps"] == 60


@ON_THE_TRAINED
@pytest.mark.processes
def test_one_process_tests_a_shared_table_as_several_do(trained):
    command = (ROOT / "scripts" / "evaluate.py", f"run={trained / 'straight'}")
    alone = json.loads(run(trained.parent, *map(str, command)))
    assert alone["test"] == results(trained / "straight")["test"]


@pytest.mark.parametrize(
    ("num_rows", "size"), [(9, 3), (11, 4), (BLOCK + 50, 2), (2 * BLOCK + 7, 3)]
)
def test_shards_have_the_rows_that_one_process_draws(num_rows, size):
    torch.manual_seed(5)
    whole = draw_rows(num_rows - 1, 5, 2.0)
    after = torch.rand(1)
    for index in range(size):
        torch.manual_seed(5)
        shards = Shards(num_rows, Processes(index, size))
        own = draw_shard(shards, 5, 2.0)
        assert torch.equal(own, whole[shards.own.start : shards.own.stop])
        assert torch.equal(torch.rand(1), after)


def test_every_row_has_one_owner_and_shards_are_as_large_as_each_other():
    for num_rows in (8, 9, 10, 101):
        every = [Shards(num_rows, Processes(index, 4)).own for index in range(4)]
        assert [row for own in every for row in own] == [*range(num_rows)]
        assert max(map(len, every)) - min(map(len, every)) <= 1


@pytest.mark.parametrize(
    ("num_rows", "options", "rule"),
    [
        (9, (), None),
        (9, ("table=svd",), "table must be normal with shard_table=true"),
        (9, ("table=features",), "table must be normal with shard_table=true"),
        (9, ("aggregation=mixture", "loss=mixture"), "aggregation must not be mixture with"),
        (9, ("compile=true",), "compile must be false with shard_table=true"),
        (3, (), "shard_table=true needs at least 4 items"),
    ],
)
def test_what_needs_all_rows_in_one_process_is_refused(configured, num_rows, options, rule):
    config = configured(*options)
    aggregation = build(config["aggregation"], "aggregation")
    given = (config["table"], aggregation, settings(config))
    check_shards(Shards.alone(num_rows), *given)
    if rule is None:
        check_shards(Shards(num_rows, Processes(0, 2)), *given)
        return
    with pytest.raises(Mistake, match=rule):
        check_shards(Shards(num_rows, Processes(0, 2)), *given)


@pytest.mark.processes
def test_a_run_with_a_shared_table_is_blended_as_by_one_process(tmp_path):
    given = (*OPTIONS, "trainer.max_steps=4", "trainer.validate_every=2", "threads=1")
    run(tmp_path, *torchrun(2, "-m", "bam", "train", *given, "shard_table=true", "name=shared"))
    tries = ("with=transitions", "tries.transitions.gamma=[0.6]", "tries.linear.weight=[0.3]",
             "tries.logarithmic.strength=[1]", "threads=1")  # fmt: skip
    blend = ("-m", "bam", "blend", "run=outputs/shared", *tries)
    run(tmp_path, *torchrun(2, *blend, "name=two"))
    run(tmp_path, *blend, "name=one")
    one, two = (results(tmp_path / "outputs" / name)["test"] for name in ("one", "two"))
    assert two == pytest.approx(one, abs=0.01)
