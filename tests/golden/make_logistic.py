#!/usr/bin/env python3
"""Writes logistic.h: optima of logistic regressions by scikit-learn, on problems that test_logistic.c makes by the same formulas.

usage: make_logistic.py >logistic.h        (scikit-learn 1.2 or later, NumPy)
"""
import math
import sys
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

# name, rows, columns, classes, how columns hang together, largest weight of a row
PROBLEMS = [
    ("dense", 300, 13, 2, "plain", 1),
    ("correlated", 300, 12, 2, "correlated", 1),
    ("separable", 120, 9, 2, "separable", 1),
    ("ten_classes", 400, 11, 10, "plain", 1),
    ("weighted", 300, 10, 3, "plain", 1e4),
]
PENALTIES = [(0, 1e-2), (0, 1e-4), (1e-2, 0), (1e-3, 1e-3)]


def noise(i):
    """A number in [-1, 1) from an integer: bits of a multiplicative hash."""
    return ((i * 2654435761) % 2**32) / 2**31 - 1


def make(rows, columns, classes, kind, heaviest):
    x = np.empty((rows, columns), np.float32)
    y = np.empty(rows, int)
    s = np.empty(rows)
    for i in range(rows):
        common = noise(7 * i + 3)
        for j in range(columns):
            value = noise(i * columns + j + 1)
            if kind == "correlated":
                value = 0.2 * value + common * (1 + j % 3)
            x[i, j] = value
        scores = [sum(float(x[i, j]) * noise(100 + c * columns + j) for j in range(columns)) for c in range(classes)]
        if kind != "separable":
            scores = [v + noise(5000 + i * classes + c) for c, v in enumerate(scores)]
        y[i] = max(range(classes), key=lambda c: scores[c])
        s[i] = heaviest ** ((noise(9000 + i) + 1) / 2)
    return x.astype(float), y, s


def objective(x, y, s, weight, bias, l1, l2):
    z = x @ weight.T + bias
    if z.shape[1] == 1:
        z = np.hstack([np.zeros((len(z), 1)), z])
    most = z.max(1)
    loss = most + np.log(np.exp(z - most[:, None]).sum(1)) - z[np.arange(len(y)), y]
    return (s * loss).sum() / s.sum() + l1 * abs(weight).sum() + l2 / 2 * (weight**2).sum()


def best(x, y, s, l1, l2):
    """The better of two solvers where there are two; saga wants weights of mean 1."""
    found = []
    options = dict(C=1 / (len(y) * (l1 + l2)), max_iter=200000, tol=1e-9)
    if l1 == 0:
        models = [LogisticRegression(solver=name, **options) for name in ("newton-cg", "lbfgs")]
    else:
        models = [LogisticRegression(penalty="elasticnet", solver="saga", l1_ratio=l1 / (l1 + l2), **options)]
    for model in models:
        model.fit(x, y, sample_weight=s / s.mean())
        found.append(objective(x, y, s, model.coef_, model.intercept_, l1, l2))
    return min(found)


warnings.simplefilter("ignore")
print("/* Made by make_logistic.py with scikit-learn %s: least objectives. */" % sklearn.__version__)
print("static const struct {\n  const char *name;\n  double l1, l2, objective;\n} LOGISTIC_GOLDEN[] = {")
for name, rows, columns, classes, kind, heaviest in PROBLEMS:
    x, y, s = make(rows, columns, classes, kind, heaviest)
    assert len(set(y)) == classes, name
    for l1, l2 in PENALTIES:
        print('    {"%s", %g, %g, %.12g},' % (name, l1, l2, best(x, y, s, l1, l2)), flush=True)
    print(name, np.bincount(y), file=sys.stderr)
print("};")
