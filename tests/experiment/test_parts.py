"""What the parts of an experiment are made of."""

import pytest
import torch

from bam.data.windows import count_items, rows_and_items
from bam.errors import Mistake
from bam.experiment.parts.assemble import assemble
from bam.experiment.parts.components import build_components
from bam.model.memory.transitions import Transitions
from tests.conftest import options, resolved, with_data_in


def test_memories_and_counts_are_of_the_whole_training_part_and_of_no_more(tmp_path):
    config = resolved("train", ("dataset=planted", "memory=transitions"), are_small=True)
    parts = assemble(with_data_in(tmp_path, config))
    data, train = parts.interactions, parts.split.train
    assert parts.facts.counts().equal(count_items(data, train))
    options = {key: value for key, value in config["memory"].items() if key != "_target_"}
    expected = Transitions(
        data.num_items, lambda: rows_and_items(data.items, train.start, train.stop), **options
    )
    found = dict(parts.memory.memory.named_buffers())
    assert found.keys() == dict(expected.named_buffers()).keys()
    assert all(torch.equal(found[name], value) for name, value in expected.named_buffers())


def test_log_probabilities_are_not_ranked_beside_seen_items_that_score_0(small):
    with pytest.raises(Mistake, match=r"evaluation must be clean .* got 'Published'"):
        build_components(small("experiment=bach", "evaluation=published"))
    build_components(small("experiment=bach", "evaluation=published"), trains=False)  # to recommend


@pytest.mark.parametrize(
    ("chosen", "rule"),
    [
        (("sparse=true",), "sparse must be false with this optimizer"),
        (
            ("likelihood=full_softmax", "negatives=shared"),
            "negatives must be none with a",
        ),
        *(
            (("regularisation=[view_contrast]", *backbone), "backbone must keep the order")
            for backbone in (
                ("backbone=mind",),
                ("backbone=sine",),
                ("backbone=octopus",),
                ("backbone=clusters", "trainer.max_steps=1"),
            )
        ),
    ],
)
def test_an_option_that_another_cannot_use_is_refused_before_data_are_read(small, chosen, rule):
    with pytest.raises(Mistake, match=rule):
        build_components(small(*chosen))


@pytest.mark.parametrize("name", options("optimizer"))
def test_every_optimizer_is_built_with_its_own_kind_of_gradients(small, name):
    build_components(small(f"optimizer={name}"))
