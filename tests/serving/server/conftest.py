from tests.serving.export.conftest import make_export, make_run, run

__all__ = ["make_export", "make_run", "run"]
