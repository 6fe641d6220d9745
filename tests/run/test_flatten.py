from bam.run.flatten import flat


def test_names_and_places_join_into_one_key():
    assert flat({"a": {"b": [5, {"c": 6}]}, "d": 7}) == {"a.b.0": 5, "a.b.1.c": 6, "d": 7}


def test_what_is_empty_leaves_nothing():
    assert flat({"a": {}, "b": []}) == {}
