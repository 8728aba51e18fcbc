"""What is said of measured predictions: comparisons, conditions, and how many examples one needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from despur import _core
from despur._evaluate import read_file
from despur._evaluation import Evaluation
from despur._save import as_csv, as_json, save_as, written
from despur._table import python_words, refuse, whole_number

if TYPE_CHECKING:
    import pandas

Subject = Evaluation | str | os.PathLike[str]


def _model(subject: Subject, *, paired: bool = False) -> _core.Model:
    """paired: rows of a file need something that tells examples apart; those of arrays are where they are."""
    if isinstance(subject, Evaluation):
        return subject._model
    if not isinstance(subject, (str, os.PathLike)):
        raise refuse(f"expected an evaluation, or the path of predictions, found {type(subject).__name__}")
    model = read_file(os.fspath(subject), {"ids": paired})._model
    if paired and not model.has_ids():
        raise refuse(
            f"{os.fspath(subject)}: expected a column that tells examples apart, such as 'example' or 'id' "
            "(evaluate_file(..., id=) says which; rows of two evaluations are compared as they stand)"
        )
    return model


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise refuse(f"confidence: expected a number between 0 and 1, found {confidence}")


# ---- comparison ----


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """One group under two models: second - first."""

    name: str
    both: int
    only_first: int
    only_second: int
    neither: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float
    adjusted: float
    distinguishable: bool


@dataclass(frozen=True, slots=True)
class WorstDifference:
    """The worst groups of two models, which need not be the same one: second - first."""

    group_first: str | None
    group_second: str | None
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float
    distinguishable: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same examples.

    Attributes
    ----------
    worst_group : WorstDifference
        ``distinguishable`` says whether the interval of the difference leaves out 0.
    groups : tuple of GroupDifference
        ``p`` is McNemar's exact test, ``adjusted`` the same corrected for the number of groups (Holm).
    all : GroupDifference
        All examples.
    matched_by : str
        ``"id"`` or ``"row"``.
    confidence : float
    degenerate_first, degenerate_second : str or None
        Why a model's accuracies mean nothing, if so: then no comparison does.
    """

    matched_by: str
    confidence: float
    degenerate_first: str | None
    degenerate_second: str | None
    worst_group: WorstDifference
    all: GroupDifference
    groups: tuple[GroupDifference, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def to_pandas(self) -> pandas.DataFrame:
        """The groups as a data frame, one row each."""
        import pandas

        return pandas.DataFrame([asdict(g) for g in self.groups]).set_index("name")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes what ``despur compare --json`` says (.json), or the groups (.csv)."""
        save_as(path, {".json": lambda: as_json(self.to_dict()), ".csv": lambda: as_csv([asdict(g) for g in self.groups])})

    def __str__(self) -> str:
        w = self.worst_group
        points = f"{100 * w.low:+.1f} to {100 * w.high:+.1f} points"
        if not w.distinguishable:
            return f"worst group: not distinguishable ({points})"
        better = "second" if w.difference > 0 else "first"
        return f"worst group: the {better} is better ({points})"


def compare(first: Subject, second: Subject, *, confidence: float = 0.95) -> Comparison:
    """Says whether two models differ, group by group and in their worst groups.

    Parameters
    ----------
    first, second : Evaluation or path
        Of the same examples: matched by ids where both have them, else row by row.
    confidence : float
        Of intervals and decisions.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        When examples, labels or groups differ.

    Examples
    --------
    >>> import despur
    >>> before = despur.evaluate([1, 1, 0, 0], [1, 0, 0, 0], sensitive_features=list("abab"))
    >>> after = despur.evaluate([1, 1, 0, 0], [1, 1, 0, 0], sensitive_features=list("abab"))
    >>> print(despur.compare(before, after))
    worst group: not distinguishable (-9.5 to +100.0 points)
    """
    _check_confidence(confidence)
    with python_words():
        found = _core.compare(_model(first, paired=True), _model(second, paired=True), confidence)
    return Comparison(
        found["matched_by"],
        found["confidence"],
        found["degenerate_first"],
        found["degenerate_second"],
        WorstDifference(**found["worst_group"]),
        GroupDifference(**found["all"]),
        tuple(GroupDifference(**g) for g in found["groups"]),
    )


# ---- conditions ----


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and what the data say of it.

    Attributes
    ----------
    condition : str
        In words, such as ``"worst group at least 0.8"``.
    bound, value, low, high : float
        What was asked for, what was measured, and its interval.
    answer : str
        ``"holds"``, ``"does not hold"`` or ``"undecided"``: the bound lies inside the interval.
    group, lowest, highest : str or None
    examples_needed : int
        Of the worst group, or of all, that would probably decide it; 0 when it is decided, or nobody knows.
    """

    condition: str
    bound: float
    value: float
    low: float
    high: float
    answer: str
    group: str | None = None
    lowest: str | None = None
    highest: str | None = None
    examples_needed: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """What came out of conditions; true when all hold.

    Attributes
    ----------
    conditions : tuple of Condition
    exit_code : int
        What ``despur check`` would end with: 0, 1 when a condition does not hold, 5 when one is undecided.
    sentence : str
        What does not hold, or is undecided; empty when all hold.
    degenerate : str or None
        Why accuracies mean nothing here, if so.
    confidence : float
    """

    exit_code: int
    sentence: str
    markdown: str
    degenerate: str | None
    confidence: float
    conditions: tuple[Condition, ...]
    _again: Callable[[str | None, str | None], object] | None = field(default=None, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Without what it was made from."""
        values = (getattr(self, f.name) for f in fields(self) if f.name != "_again")
        return Check, tuple(values)

    @property
    def holds(self) -> bool:
        return self.exit_code == 0

    def __bool__(self) -> bool:
        return self.holds

    def to_dict(self) -> dict[str, Any]:
        said = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "_again"}
        return {**said, "conditions": tuple(asdict(c) for c in self.conditions)}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes what ``despur check --junit`` (.xml) or ``--markdown`` (.md) does, or ``to_dict()`` (.json)."""
        formats: dict[str, Callable[[], str]] = {
            ".xml": self._junit,
            ".md": lambda: self.markdown,
            ".json": lambda: as_json(self.to_dict()),
        }
        save_as(path, formats)

    def _junit(self) -> str:
        again = self._again
        if again is None:
            raise refuse("a check that was pickled no longer knows its predictions, which JUnit's file is made from")
        return written(lambda file: again(file, None))

    def to_pandas(self) -> pandas.DataFrame:
        """The conditions as a data frame, one row each."""
        import pandas

        return pandas.DataFrame([asdict(c) for c in self.conditions])

    def to_markdown(self) -> str:
        """A table for a pull request, as ``despur check --markdown`` writes it."""
        return self.markdown

    def _repr_markdown_(self) -> str:
        return self.markdown


_CONDITIONS = ("min_worst_group", "min_average", "max_gap", "min_rate", "max_rate", "max_difference", "min_ratio")


def _rules(asked: Mapping[str, Any], margin: float | None) -> Iterator[tuple[int, float, str | None]]:
    for kind, name in enumerate(_CONDITIONS):
        value = asked[name]
        if value is None:
            continue
        about_rate = kind >= 3
        if about_rate != isinstance(value, Mapping):
            wanted = "a mapping of rates to numbers, such as {'tpr': 0.8}" if about_rate else "a number"
            raise refuse(f"{name}: expected {wanted}, found {value!r}")
        for rate, bound in value.items() if about_rate else [(None, value)]:
            if not 0 <= bound <= 1:
                raise refuse(f"{name}: expected a number from 0 to 1, found {bound!r}")
            yield kind, float(bound), rate
    if margin is not None:
        yield 7, margin, None
        yield 8, margin, None


def check(
    subject: Subject,
    *,
    min_worst_group: float | None = None,
    min_average: float | None = None,
    max_gap: float | None = None,
    min_rate: Mapping[str, float] | None = None,
    max_rate: Mapping[str, float] | None = None,
    max_difference: Mapping[str, float] | None = None,
    min_ratio: Mapping[str, float] | None = None,
    no_worse_than: Subject | None = None,
    margin: float = 0.0,
    confidence: float = 0.95,
    junit: str | os.PathLike[str] | None = None,
    markdown: str | os.PathLike[str] | None = None,
) -> Check:
    """Whether conditions hold, do not, or cannot be told: the whole interval must be on one side.

    Parameters
    ----------
    subject : Evaluation or path
    min_worst_group, min_average : float, optional
        Every group, and the average over examples, at least this accurate.
    max_gap : float, optional
        The worst group at most this far below the average.
    min_rate, max_rate, max_difference, min_ratio : mapping of str to float, optional
        Of rates by sensitive features, such as ``max_difference={"odds": 0.1}``.
    no_worse_than : Evaluation or path, optional
        Predictions for the same examples that must be matched, to within ``margin``.
    confidence : float
    junit, markdown : path, optional
        Files to write, too.

    Returns
    -------
    Check
        True when all conditions hold.

    Raises
    ------
    InputError
        When no condition is given, or one that makes no sense.

    Examples
    --------
    >>> import despur
    >>> seen = despur.evaluate([1, 0] * 100, [1, 0] * 100, sensitive_features=list("aabb") * 50)
    >>> bool(despur.check(seen, min_worst_group=0.8))
    True
    """
    _check_confidence(confidence)
    if not 0 <= margin <= 1:
        raise refuse(f"margin: expected a number from 0 to 1, found {margin!r}")
    if margin and no_worse_than is None:
        raise refuse("margin: is for no_worse_than=")
    asked = {name: value for name, value in locals().items() if name in _CONDITIONS}
    rules = list(_rules(asked, margin if no_worse_than is not None else None))
    if not rules:
        raise refuse("expected a condition: " + ", ".join(_CONDITIONS) + " or no_worse_than")
    model = _model(subject, paired=no_worse_than is not None)
    baseline = None if no_worse_than is None else _model(no_worse_than, paired=True)

    def decide(junit: str | None, markdown: str | None) -> dict[str, Any]:
        with python_words():
            return _core.check(model, rules, baseline, confidence, junit, markdown)

    found = decide(None if junit is None else os.fspath(junit), None if markdown is None else os.fspath(markdown))
    found["conditions"] = tuple(Condition(**c) for c in found["conditions"])
    return Check(**found, _again=decide)


# ---- how many ----

_STEPS = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """How many examples a difference takes.

    Attributes
    ----------
    difference : float
    threshold : int
        Until a group's interval leaves out the accuracy plus the difference.
    paired : int
        Until McNemar's exact test finds it between two models on the same examples.
    disagree : float
        The share of these on which exactly one is right.
    unpaired : int
        Until it is found between two models, each on examples of its own.
    """

    difference: float
    threshold: int
    paired: int
    disagree: float
    unpaired: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How many examples of a group one needs to see differences; see `PlanRow`."""

    accuracy: float
    power: float
    confidence: float
    groups: int
    differences: tuple[PlanRow, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes what ``despur plan --json`` says (.json), or the rows (.csv)."""
        rows = [asdict(r) for r in self.differences]
        save_as(path, {".json": lambda: as_json(self.to_dict()), ".csv": lambda: as_csv(rows)})

    def to_pandas(self) -> pandas.DataFrame:
        import pandas

        names = [f.name for f in fields(PlanRow)]
        return pandas.DataFrame([asdict(r) for r in self.differences], columns=names).set_index("difference")


def plan(
    accuracy: float,
    difference: float | None = None,
    *,
    power: float = 0.8,
    confidence: float = 0.95,
    disagree: float | None = None,
    groups: int = 1,
) -> Plan:
    """How many examples of a group one needs to see a difference.

    Parameters
    ----------
    accuracy : float
        About how accurate the group is.
    difference : float, optional
        To be seen, such as 0.05 or -0.05; without it, a choice of them.
    power : float
        Probability to see it.
    confidence : float
        Of not seeing what is not there.
    disagree : float, optional
        Share of examples on which exactly one of two models is right; else as if they erred independently.
    groups : int
        That are tested at once.

    Returns
    -------
    Plan

    Examples
    --------
    >>> import despur
    >>> despur.plan(0.75, 0.05).differences[0].threshold
    545
    """
    for name, value, low, high in (
        ("accuracy", accuracy, 0.001, 0.999),
        ("power", power, 0.05, 0.999),
        ("disagree", 0.0 if disagree is None else disagree, 0.0, 1.0),
    ):
        if not low <= value <= high:
            raise refuse(f"{name}: expected a number from {low:g} to {high:g}, found {value!r}")
    _check_confidence(confidence)
    groups = whole_number(groups, "groups", 1, 100_000)
    if difference is not None and not (difference != 0 and 0 < accuracy + difference < 1):
        raise refuse(
            f"difference: expected one that leads from {accuracy:g} to another accuracy between 0 and 1, "
            f"found {difference!r}"
        )
    if difference is not None and disagree is not None and disagree < abs(difference):
        raise refuse(f"disagree: models that differ by {abs(difference):g} disagree on as much at least")
    most = 1 if disagree is None else disagree
    steps = [difference] if difference is not None else [s for s in _STEPS if accuracy + s < 0.9995 and s <= most]
    if not steps:
        raise refuse("difference: none of the usual ones is possible: say one")
    corrected = 1 - (1 - confidence) / groups
    rows = []
    for step in steps:
        other = accuracy + step
        apart = accuracy * (1 - other) + other * (1 - accuracy) if disagree is None else disagree
        threshold, paired, unpaired = _core.plan(accuracy, other, apart, corrected, power)
        rows.append(PlanRow(step, threshold, paired, apart, unpaired))
    return Plan(accuracy, power, confidence, groups, tuple(rows))
