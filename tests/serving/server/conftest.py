"""A trained run and its export, as in the tests of exports."""

from tests.serving.export.conftest import make_export, make_run, run  # noqa: F401  # fixtures
