"""A gate in continuous integration: pytest fails when a model is not surely good enough for every group.

    pytest examples/python/gate_test.py

Here the predictions are made up; in a project they come from the model that is about to be released.
"""

import numpy as np
import pytest

import despur
from despur.testing import assert_check, assert_worst_group


def predictions(rows=4000):
    random = np.random.default_rng(0)
    y, sex = random.integers(0, 2, rows), random.choice(["Female", "Male"], rows)
    right = np.where((sex == "Female") & (y == 1), 0.86, 0.93)
    return y, np.where(random.random(rows) < right, y, 1 - y), sex


def test_every_group_is_served():
    y, pred, sex = predictions()
    assert_worst_group(y, pred, sensitive_features={"sex": sex}, at_least=0.8)


def test_women_and_men_are_treated_alike():
    y, pred, sex = predictions()
    seen = despur.evaluate(y, pred, sensitive_features={"sex": sex})
    assert_check(seen, max_difference={"odds": 0.15}, max_gap=0.1)


def test_too_little_data_is_no_pass():
    y, pred, sex = predictions(60)
    with pytest.raises(AssertionError, match="undecided"):
        assert_worst_group(y, pred, sensitive_features={"sex": sex}, at_least=0.8)
