"""Ids are the text that was typed, and not what Hydra, OmegaConf or YAML would make of it."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from bam.config.compose import compose_with_hydra
from bam.config.ids import quote_ids, read_ids
from bam.config.resolve import resolve
from bam.errors import Mistake

TYPED = {
    "[007,1e5,true]": ["007", "1e5", "true"],
    "[null,-1,+2,~3,.5,1_000]": ["null", "-1", "+2", "~3", ".5", "1_000"],
    "[a b, c  d ,e]": ["a b", "c  d", "e"],
    '["x,y",z]': ["x,y", "z"],
    "['a]b',\"[c]\"]": ["a]b", "[c]"],
    "[é,日本,\U0001f600]": ["é", "日本", "\U0001f600"],
    r"""["it's",'say \'no\'',"\"","a\\b"]""": ["it's", "say 'no'", '"', "a\\b"],
    "[a\\b,a\\,it's,a\"b]": ["a\\b", "a\\", "it's", 'a"b'],
    "[a=b,{c:1},(d),#e,%f,g:h]": ["a=b", "{c:1}", "(d)", "#e", "%f", "g:h"],
    "[${data_dir},???,${x]": ["${data_dir}", "???", "${x"],
    "['',]": None,
    "[50,,181]": None,
    "[50,]": None,
    "[,]": None,
    "": [],
    "[]": [],
    "[ ]": [],
    "[all]": ["all"],
    "196": ["196"],
    "196,22": ["196", "22"],
    "' a '": [" a "],
    "[nul\tx]": ["nul\tx"],
}


@pytest.mark.parametrize("typed", [text for text, ids in TYPED.items() if ids is not None])
@pytest.mark.parametrize("key", ["users", "history"])
def test_ids_are_the_text_that_was_typed(key, typed):
    [override] = OverridesParser.create().parse_overrides(quote_ids([f"{key}={typed}"]))
    assert plain(override) == TYPED[typed]


@pytest.mark.parametrize("typed", [text for text, ids in TYPED.items() if ids is None])
def test_an_empty_id_is_refused(typed):
    with pytest.raises(Mistake, match="history must be ids between commas, none of them empty, go"):
        quote_ids([f"history={typed}"])


def test_all_users_are_a_word_and_not_a_list():
    assert quote_ids(["users=all"]) == ["users=all"]
    assert quote_ids(["history=all"]) == ["history=['all']"]


def test_only_ids_get_quotes():
    others = ["n=5", "merge=quota", "~users", "-m", "--help", "history.x=1", "output=[a]"]
    assert quote_ids(others) == others


def test_the_ids_of_a_command_pass_through_hydra():
    cfg = compose_with_hydra(["users=[007,1e5,${n},'x,y']", "+history=[true]"], "recommend")
    config = resolve(cfg)
    assert config["users"] == ["007", "1e5", "${n}", "x,y"] and config["history"] == ["true"]


LETTERS = st.sampled_from(list("ab0.,'\"\\${}[]()=#:~ \té日\n"))


@given(st.lists(st.text(LETTERS, min_size=1, max_size=8), max_size=4))
def test_any_text_in_quotes_comes_out_as_it_is(ids):
    typed = ",".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in ids)
    assert read_ids(typed) == ids
    [override] = OverridesParser.create().parse_overrides(quote_ids([f"users=[{typed}]"]))
    assert plain(override) == ids


def plain(override):
    """The value in a resolved config."""
    return OmegaConf.to_container(OmegaConf.create({"ids": override.value()}), resolve=True)["ids"]
