"""The parts of a method are read from the defaults and values of its files."""

import pytest

from bam.config.compose import compose_with_hydra
from bam.config.parts import list_parts, read_choices, read_parts
from tests.conftest import options


@pytest.mark.parametrize("name", options("experiment"))
def test_what_is_read_from_the_files_is_what_hydra_chooses(name):
    hydra = compose_with_hydra([f"experiment={name}", "hydra.sweeper.params=null"]).hydra
    read = read_choices("experiment", name)
    single = {key: option for key, option in read.items() if "[" not in option}
    assert {key: hydra.runtime.choices[key] for key in single} == single


def test_parts_are_choices_then_values_without_data_and_budget():
    assert read_parts("remi") == {
        "backbone": "remi",
        "selection": "hard",
        "loss": "single_interest",
        "likelihood": "hard_negatives",
        "regularisation": "[routing]",
    }
    parts = read_parts("comirec_sa_ml100k")
    assert parts.items() >= {"negatives": "none", "likelihood.label_smoothing": "0.2"}.items()
    assert next(iter(parts)) == "backbone" and "trainer.max_steps" not in parts


def test_the_list_has_the_names_of_the_choices_alone():
    assert list_parts("remi") == ["remi", "hard", "single_interest", "hard_negatives", "routing"]
    assert "none" not in list_parts("comirec_sa_ml100k")
    assert list_parts("cmi")[-3:] == ["orthogonality", "usage", "view_contrast"]
