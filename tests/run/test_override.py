"""Options as they are typed."""

import pytest

from bam.run.override import Override, as_mapping, typed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("dim=8", ("", "dim", "8")),
        ("+selection.tau=1", ("+", "selection.tau", "1")),
        ("++a.b=", ("++", "a.b", "")),
        ("~schedule", ("~", "schedule", "")),
        ("dataset.columns={user: a=b}", ("", "dataset.columns", "{user: a=b}")),
    ],
)
def test_an_override_has_a_sign_a_key_and_a_value(text, parts):
    found = Override.parse(text)
    assert (found.sign, found.key, found.value) == parts


def test_the_root_of_a_key_is_its_first_part():
    assert Override.parse("tracker.mlflow.uri=x").root == "tracker"
    assert Override.parse("seed=1").root == "seed"


def test_of_equal_keys_the_last_counts():
    assert as_mapping(["seed=1", "+x=2", "seed=3"]) == {"seed": "3", "+x": "2"}


def test_what_is_typed_again_is_what_was_typed():
    words = ["~metric.coverage", "selection.tau=1", "+x=", "~loss.y=z"]
    assert [typed(key, value) for key, value in as_mapping(words).items()] == words
