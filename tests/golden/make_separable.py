#!/usr/bin/env python3
"""Writes separable.h: least objectives of ten classes that a linear layer tells apart, with hardly a penalty: by SciPy's L-BFGS-B, of
weights as differences of two numbers that are not negative, many times over, and without l1 by scikit-learn, too.

usage: make_separable.py | clang-format >separable.h        (scikit-learn 1.2 or later, NumPy, SciPy)
"""
import contextlib
import io
import os
import warnings

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    # the problems only; the optima of that script are not wanted here
    source = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "make_logistic.py")).read()
    names = {}
    exec(source.split("warnings.simplefilter")[0], names)
make, objective = names["make"], names["objective"]

ROWS, COLUMNS, CLASSES = 400, 11, 10
PENALTIES = [(0, 1e-5), (0, 1e-7), (0, 1e-9), (1e-4, 0), (1e-5, 0), (1e-6, 0), (1e-6, 1e-6)]


def by_scipy(x, y, l1, l2):
    n, weights = len(y), CLASSES * COLUMNS

    def of(v):
        w, b = (v[:weights] - v[weights:2 * weights]).reshape(CLASSES, COLUMNS), v[2 * weights:]
        z = x @ w.T + b
        most = z.max(1)
        p = np.exp(z - most[:, None])
        total = p.sum(1)
        loss = (most + np.log(total) - z[np.arange(n), y]).mean()
        p /= total[:, None]
        p[np.arange(n), y] -= 1
        g = (p.T @ x / n + l2 * w).ravel()
        value = loss + l1 * v[:2 * weights].sum() + l2 / 2 * (w**2).sum()
        return value, np.concatenate([g + l1, l1 - g, p.mean(0)])

    v = np.zeros(2 * weights + CLASSES)
    bounds = [(0, None)] * (2 * weights) + [(None, None)] * CLASSES
    for _ in range(20):
        found = minimize(of, v, jac=True, method="L-BFGS-B", bounds=bounds, options=dict(maxiter=20000, maxfun=100000, maxcor=50, ftol=0, gtol=0))
        both = np.minimum(found.x[:weights], found.x[weights:2 * weights])  # what only costs
        v = found.x.copy()
        v[:weights] -= both
        v[weights:2 * weights] -= both
    w = (v[:weights] - v[weights:2 * weights]).reshape(CLASSES, COLUMNS)
    return objective(x, y, np.ones(n), w, v[2 * weights:], l1, l2)


def by_scikit_learn(x, y, l2):
    model = LogisticRegression(solver="newton-cg", C=1 / (len(y) * l2), tol=1e-12, max_iter=100000).fit(x, y)
    return objective(x, y, np.ones(len(y)), model.coef_, model.intercept_, 0, l2)


warnings.simplefilter("ignore")
print("/* Made by make_separable.py with SciPy %s and scikit-learn %s. */" % (scipy.__version__, sklearn.__version__))
print("static const struct {\n  double l1, l2, objective;\n} SEPARABLE_GOLDEN[] = {")
x, y, _ = make(ROWS, COLUMNS, CLASSES, "separable", 1)
assert len(set(y)) == CLASSES
for l1, l2 in PENALTIES:
    found = by_scipy(x, y, l1, l2) if l1 > 0 else min(by_scipy(x, y, l1, l2), by_scikit_learn(x, y, l2))
    print("    {%g, %g, %.12g}," % (l1, l2, found), flush=True)
print("};")
