"""A large library is imported without a search for garbage, and what it made is searched never."""

import gc
import sys

from bam.system.collection import import_at_once

SEARCHES = "import gc\nwas_on, made = gc.isenabled(), [{} for _ in range(9)]\n"


def test_a_module_is_imported_without_a_search_and_then_searches_go_on(tmp_path, monkeypatch):
    (tmp_path / "just_once.py").write_text(SEARCHES)
    monkeypatch.syspath_prepend(tmp_path)
    before = gc.get_freeze_count()
    try:
        import_at_once("just_once")
        module, frozen = sys.modules["just_once"], gc.get_freeze_count()
        import_at_once("just_once")  # is there already
        assert not module.was_on and gc.isenabled()
        assert before < frozen == gc.get_freeze_count()
        assert not any(one is module.made for one in gc.get_objects())
    finally:
        gc.unfreeze()
        sys.modules.pop("just_once", None)


def test_a_program_that_searches_for_no_garbage_is_left_so(tmp_path, monkeypatch):
    (tmp_path / "just_once.py").write_text(SEARCHES)
    monkeypatch.syspath_prepend(tmp_path)
    gc.disable()
    try:
        import_at_once("just_once")
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
        sys.modules.pop("just_once", None)
