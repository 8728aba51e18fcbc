"""despur finds, measures and removes the shortcuts that a classifier has learned.

The verbs of the command-line tool, with its names: `evaluate`, `audit`, `repair`, `compare`, `check`, `plan`, `run`,
`sweep`, `table`, `cam` and `features`. Estimators of scikit-learn's kind are in `despur.cluster`, `despur.groups` and `despur.linear`, its scorers in
`despur.metrics`, what a training loop of PyTorch needs in `despur.torch`, and assertions for tests in `despur.testing`.
Everything is loaded when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from despur import _core
from despur._core import InputError

if TYPE_CHECKING:
    from despur._audit import Audit, Finding, audit
    from despur._evaluate import evaluate, evaluate_file
    from despur._evaluation import Evaluation, Group, Rate, Spread, report
    from despur._features import Features, features, layers
    from despur._repair import DialPoint, Method, Repaired, repair
    from despur._runs import Cam, Run, Sweep, Table, cam, config, network, run, sweep, table
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
    "DialPoint",
    "Evaluation",
    "Features",
    "Finding",
    "Group",
    "InputError",
    "Method",
    "Plan",
    "PlanRow",
    "Rate",
    "Repaired",
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
    "features",
    "layers",
    "network",
    "plan",
    "repair",
    "report",
    "run",
    "sweep",
    "table",
]

_MODULES = ("cluster", "groups", "linear", "metrics", "testing", "torch")
_NAMES = {
    "_audit": ("Audit", "Finding", "audit"),
    "_evaluate": ("evaluate", "evaluate_file"),
    "_evaluation": ("Evaluation", "Group", "Rate", "Spread", "report"),
    "_features": ("Features", "features", "layers"),
    "_repair": ("DialPoint", "Method", "Repaired", "repair"),
    "_runs": ("Cam", "Run", "Sweep", "Table", "cam", "config", "network", "run", "sweep", "table"),
    "_verdicts": ("Check", "Comparison", "Condition", "Plan", "PlanRow", "check", "compare", "plan"),
}
_WHERE = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"despur.{name}")
    if name not in _WHERE:
        raise AttributeError(f"module 'despur' has no attribute {name!r}")
    found = getattr(importlib.import_module(f"despur.{_WHERE[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
