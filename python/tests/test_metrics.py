"""Scorers and assertions."""

import numpy as np
import pytest

import despur
from despur.testing import assert_check, assert_worst_group

sklearn = pytest.importorskip("sklearn")
pandas = pytest.importorskip("pandas")

from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, recall_score
from sklearn.model_selection import KFold, cross_validate
from sklearn.pipeline import make_pipeline

from despur import metrics


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    X = pandas.DataFrame({"x": random.normal(size=300), "sex": random.integers(0, 2, 300)})
    return X, (X.x + 0.5 * X.sex + random.normal(size=300) > 0).astype(int)


def by_hand(y, pred, sex):
    return min(np.mean(pred[(y == k) & (sex == s)] == k) for k in (0, 1) for s in (0, 1))


def test_scorers_work_in_cross_validation(rows):
    X, y = rows
    names = ["worst_group_accuracy", "accuracy_gap", "odds_difference"]
    scoring = {name: metrics.scorer(name, by="sex") for name in names}
    got = cross_validate(LogisticRegression(), X, y, scoring=scoring, cv=KFold(3), return_estimator=True)
    for fold, (_, test) in enumerate(KFold(3).split(X)):
        pred = got["estimator"][fold].predict(X.iloc[test])
        worst = by_hand(y.iloc[test].values, pred, X.sex.iloc[test].values)
        assert got["test_worst_group_accuracy"][fold] == pytest.approx(worst, abs=1e-11)
        gap = accuracy_score(y.iloc[test], pred) - worst
        assert got["test_accuracy_gap"][fold] == pytest.approx(-gap, abs=1e-11)


def test_scorers_are_routed_metadata(rows):
    X, y = rows
    with sklearn.config_context(enable_metadata_routing=True):
        scoring = {"worst": metrics.scorer("worst_group_accuracy")}
        got = cross_validate(
            make_pipeline(LogisticRegression()), X, y, scoring=scoring, params={"sensitive_features": X.sex}, cv=3
        )
    assert ((got["test_worst"] >= 0) & (got["test_worst"] <= 1)).all()


def test_measures_equal_those_computed_by_hand(rows):
    X, y = rows
    pred = (X.x > 0).astype(int)
    wanted = by_hand(y.values, pred.values, X.sex.values)
    assert metrics.worst_group_accuracy(y, pred, sensitive_features=X.sex) == pytest.approx(wanted, abs=1e-11)
    recalls = recall_score(y, pred, average=None)
    assert metrics.worst_class_accuracy(y, pred) == pytest.approx(recalls.min(), abs=1e-11)
    assert metrics.balanced_group_accuracy(y, pred) == pytest.approx(recalls.mean(), abs=1e-11)
    rates = [pred[X.sex == s].mean() for s in (0, 1)]
    got = metrics.selection_difference(y, pred, sensitive_features=X.sex)
    assert got == pytest.approx(abs(rates[0] - rates[1]), abs=1e-11)
    assert metrics.selection_ratio(y, pred, sensitive_features=X.sex) == pytest.approx(min(rates) / max(rates), abs=1e-11)


def test_scorers_that_cannot_be_are_refused(rows):
    X, y = rows
    with pytest.raises(despur.InputError, match="there is no measure 'accuracy'"):
        metrics.scorer("accuracy")
    model = LogisticRegression().fit(X.values, y)
    with pytest.raises(despur.InputError, match="expected a data frame with the columns sex"):
        metrics.scorer("accuracy_gap", by="sex")(model, X.values, y)


def test_assertions_say_what_is_known(tmp_path):
    y, features = np.arange(400) % 2, np.arange(400) // 2 % 2
    assert_worst_group(y, y, sensitive_features=features, at_least=0.9)
    wrong = np.where((features == 1) & (y == 1) & (np.arange(400) % 3 > 0), 0, y)
    with pytest.raises(AssertionError, match=r"does not hold: 0\.\d+ .*, y=1,group=1"):
        assert_worst_group(y, wrong, sensitive_features=features, at_least=0.9)
    with pytest.raises(AssertionError, match="undecided.*examples would decide"):
        assert_worst_group(y[:12], y[:12], at_least=0.9)
    assert_worst_group(y[:12], y[:12], at_least=0.9, allow_undecided=True)
    seen = despur.evaluate(y, y, sensitive_features=features)
    for other in ({"y_pred": wrong}, {"sensitive_features": features}, {"min_count": 3}):
        with pytest.raises(despur.InputError, match="is not for an evaluation, which has its own"):
            assert_worst_group(seen, at_least=0.9, **other)
    with pytest.raises(despur.InputError, match="y_pred: is not for a table"):
        assert_worst_group("p.csv", wrong, at_least=0.9)
    pandas.DataFrame({"y": y, "pred": y, "a": features}).to_csv(tmp_path / "p.csv")
    assert_worst_group(tmp_path / "p.csv", at_least=0.9)
    with pytest.raises(AssertionError, match="one class only"):
        assert_check(despur.evaluate(y, 0 * y, sensitive_features=features), min_average=0.9)
