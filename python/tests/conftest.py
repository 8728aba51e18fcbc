import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

TOOL = os.environ.get("DESPUR_TOOL")


@pytest.fixture
def tool():
    """Runs the command-line tool; DESPUR_TOOL says where it is."""
    if not TOOL:
        pytest.skip("DESPUR_TOOL does not say where the command-line tool is")

    def run(*arguments, codes=(0,)):
        done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode in codes, done.stderr
        return done.stdout

    return run


@pytest.fixture
def frame():
    """Predictions that are worse for some, as a data frame."""
    return people(np.random.default_rng(5), 400)


def people(random, rows):
    pandas = pytest.importorskip("pandas")
    y = random.integers(0, 2, rows)
    sex = random.choice(["Female", "Male"], rows)
    p = np.clip(0.5 + (0.3 - 0.2 * (sex == "Male")) * (2 * y - 1) + random.normal(0, 0.25, rows), 0, 1)
    p = p.round(4)
    return pandas.DataFrame(
        {
            "y": y,
            "pred": (p >= 0.5).astype(int),
            "sex": sex,
            "race": random.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1]),
            "p": p,
            "id": np.arange(rows)[::-1],
        }
    )


@pytest.fixture
def csv(frame, tmp_path) -> Path:
    path = tmp_path / "people.csv"
    frame.to_csv(path, index=False)
    return path
