"""Programs started as a user starts them."""

from tests.experiment.conftest import start  # noqa: F401  # a fixture
