"""despur finds, measures and removes the shortcuts that a classifier has learned.

The verbs of the command-line tool, with its names: `evaluate`, `audit`, `compare`, `check`, `plan`, `run`, `sweep`, `table`
and `cam`.
Scikit-learn's estimators are in `despur.cluster`, its scorers in `despur.metrics`, and assertions for
tests in `despur.testing`; they are imported when they are first used.
"""

import importlib
from types import ModuleType

from despur import _core
from despur._core import InputError
from despur._audit import Audit, Finding, audit
from despur._evaluate import Evaluation, Group, Rate, Spread, evaluate, evaluate_file, report
from despur._runs import Cam, Run, Sweep, Table, cam, config, run, sweep, table
from despur._verdicts import Check, Comparison, Condition, Plan, PlanRow, check, compare, plan

__version__ = _core.version

if __version__ != "0.1.0":
    raise ImportError(f"despur 0.1.0 was given the library of despur {__version__}: install it again")

__all__ = [
    "Audit",
    "Cam",
    "Check",
    "Comparison",
    "Condition",
    "Evaluation",
    "Finding",
    "Group",
    "InputError",
    "Plan",
    "PlanRow",
    "Rate",
    "Run",
    "Spread",
    "Sweep",
    "Table",
    "audit",
    "cam",
    "check",
    "compare",
    "config",
    "evaluate",
    "evaluate_file",
    "plan",
    "report",
    "run",
    "sweep",
    "table",
]

_LATER = ("cluster", "groups", "metrics", "testing", "torch")


def __getattr__(name: str) -> ModuleType:
    if name in _LATER:
        return importlib.import_module(f"despur.{name}")
    raise AttributeError(f"module 'despur' has no attribute {name!r}")
