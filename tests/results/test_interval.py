"""The interval of a mean over users."""

import math

import pytest
import torch

from bam.results.interval import bootstrap_interval


def test_the_bootstrap_of_many_users_is_the_normal_interval_of_95_percent():
    values = (torch.arange(2000) % 10 < 3).double()  # the mean is .3
    low, high = bootstrap_interval(values)
    error = math.sqrt(0.3 * 0.7 / 2000)
    assert low == pytest.approx(0.3 - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(0.3 + 1.96 * error, abs=0.15 * error)
