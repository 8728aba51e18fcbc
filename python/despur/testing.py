"""Assertions for tests: a model is let through only when the data show that it is good enough."""

from __future__ import annotations

import os
from typing import Any

from despur._evaluate import evaluate, evaluate_file
from despur._evaluation import Evaluation
from despur._table import refuse
from despur._verdicts import check

__all__ = ["assert_check", "assert_worst_group"]


def assert_check(subject: Evaluation | str | os.PathLike[str], *, allow_undecided: bool = False, **conditions: Any) -> None:
    """Raises AssertionError unless conditions hold, which are those of `despur.check`.

    Parameters
    ----------
    subject : Evaluation or path
    allow_undecided : bool
        Let conditions pass that the data neither show to hold nor to fail.
    **conditions
        As for `despur.check`.
    """
    done = check(subject, **conditions)
    if done.holds or (allow_undecided and done.exit_code == 5):
        return
    lines = [done.degenerate] if done.degenerate else []
    for c in done.conditions:
        where = f", {c.group}" if c.group else ""
        needed = f"; about {c.examples_needed} examples would decide" if c.examples_needed else ""
        lines.append(f"{c.condition}: {c.answer}: {c.value:.4g} ({c.low:.4g} to {c.high:.4g}){where}{needed}")
    raise AssertionError("\n".join(lines))


def _only_one(what: str, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if value is not None:
            raise refuse(f"{name}: is not for {what}, which has its own")


def assert_worst_group(
    y_true: Any,
    y_pred: Any = None,
    *,
    at_least: float,
    sensitive_features: Any = None,
    confidence: float = 0.95,
    allow_undecided: bool = False,
    **options: Any,
) -> None:
    """Raises AssertionError unless every group is surely at least so accurate.

    The whole interval of the worst group must lie above the bound; with too few examples it does not, and
    the message says how many it would take.

    Parameters
    ----------
    y_true, y_pred, sensitive_features, **options
        As for `despur.evaluate`; or an evaluation, or the path of a table, alone.
    at_least : float
        From 0 to 1.
    confidence : float
    allow_undecided : bool
        Let it pass where the bound lies inside the interval.

    Examples
    --------
    >>> from despur.testing import assert_worst_group
    >>> assert_worst_group([0, 1] * 50, [0, 1] * 50, sensitive_features=list("aabb") * 25, at_least=0.8)
    >>> assert_worst_group([0, 1] * 5, [0, 1] * 5, at_least=0.8)
    Traceback (most recent call last):
    AssertionError: worst group at least 0.8: undecided: 1 (0.6127 to 1), y=0; about 16 examples would decide
    """
    alone = {"y_pred": y_pred, "sensitive_features": sensitive_features}
    if isinstance(y_true, Evaluation):
        _only_one("an evaluation", {**alone, **options})
        seen = y_true
    elif isinstance(y_true, (str, os.PathLike)):
        _only_one("a table", alone)
        seen = evaluate_file(y_true, **options)
    else:
        seen = evaluate(y_true, y_pred, sensitive_features=sensitive_features, **options)
    assert_check(seen, min_worst_group=at_least, confidence=confidence, allow_undecided=allow_undecided)
