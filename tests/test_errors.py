import sys
from importlib import import_module

import pytest
import torch

from bam.errors import Mistake, extra
from bam.results.compare import difference


def test_a_message_is_one_line_also_where_a_library_wrote_several():
    assert str(Mistake("x.tsv: unreadable (too many\n\n  fields\n); correct it")) == (
        "x.tsv: unreadable (too many fields ); correct it"
    )


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (ModuleNotFoundError("No module named 'scipy'", name="scipy"), "scipy is not installed"),
        (ImportError("libx.so: not found"), "a library fails: libx.so: not found"),
        (ModuleNotFoundError("give it a name"), "a library fails: give it a name"),
    ],
)
def test_a_library_that_cannot_be_imported_is_named_with_what_to_type(error, what):
    with pytest.raises(Mistake) as raised, extra("report"):
        raise error
    assert str(raised.value) == f"{what}; pip install 'bam-rec[report]'"


def test_a_gain_in_a_table_needs_the_extra_report(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)  # as if it were not installed
    with pytest.raises(Mistake, match=r"scipy is not installed; pip install 'bam-rec\[report\]'"):
        difference(torch.ones(1, 3), torch.zeros(1, 3))


def test_a_search_needs_the_extra_optuna(monkeypatch):
    monkeypatch.delitem(sys.modules, "bam.experiment.sweep.search", raising=False)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(Mistake, match=r"optuna is not installed; pip install 'bam-rec\[optuna\]'"):
        import_module("bam.experiment.sweep.search")
