"""A value of a program has the kind of its default in conf/, before anything is shown or made."""

import pytest

from bam.config.checked import compose_checked
from bam.errors import Mistake

# a program and its options, and the sentence
WRONG = {
    "train ~seed": "seed must be given, got '~seed'",
    "train name=null": "name must be text, got None",
    "train data_dir=null": "data_dir must be text, got None",
    "train seed=text": "seed must be a number, got 'text'",
    "train sparse=1": "sparse must be true or false, got 1",
    "train trust=mine": "trust must be a list, such as [mine], got 'mine'",
    "train trainer=null": "trainer must be a mapping, such as {a: 1}, got None",
    "train hydra.callbacks.collect.metrics=recall": "collect.metrics must be a list, such as [rec",
    "train hydra.callbacks.collect.baseline=hard": "baseline must be a mapping, such as {a: hard}",
    "search hydra.sweeper.space=null": "hydra.sweeper.space must name what is searched, got None",
    "blend with=null": "with must be text or a list, such as [1], got None",
    "blend tries.linear.weight=0.6": "tries.linear.weight must be a list, such as [0.6], got 0.6",
    "update raw=null": "raw must be text, got None",
    "update columns=user": "columns must be a mapping, such as {a: user}, got 'user'",
    "tradeoff run=null": "run must be text, got None",
    "serve limits.n=all": "limits.n must be a number, got 'all'",
    "export onnx=yes": "onnx must be true or false, got 'yes'",
}
RIGHT = ["blend with=[a,b]", "blend ~tries.linear.weight", "bench seconds=0.5", "train name=1",
         "recommend users=all", "serve limits.seconds=1", "train readout=none",
         "update header=true",
         "train trainer.max_steps=${seed}"]  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_a_value_of_another_kind_is_refused(line):
    program, *options = line.split()
    with pytest.raises(Mistake) as mistake:
        compose_checked(program, options, several=program == "search")
    assert WRONG[line] in str(mistake.value)


@pytest.mark.parametrize("line", RIGHT)
def test_what_a_program_can_use_is_taken(line):
    program, *options = line.split()
    compose_checked(program, options)
