"""The two hosts of a test."""

import pytest

from tests.hosts.network import two_hosts, why_not


@pytest.fixture
def hosts():
    if reason := why_not():
        pytest.skip(reason)
    with two_hosts() as both:
        yield both
