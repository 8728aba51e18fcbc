#!/usr/bin/env python3
"""Writes worst.h: the least worst-group losses of the problems of make_logistic.py, found from the other side: SciPy maximises the dual
over the weights of groups (SLSQP), and for each of these scikit-learn solves the weighted problem (newton-cg).

usage: make_worst.py | clang-format >worst.h        (scikit-learn 1.2 or later, NumPy, SciPy)
"""
import contextlib
import io
import os
import sys
import warnings

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    # the problems only; the optima of that script are not wanted here
    source = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "make_logistic.py")).read()
    names = {}
    exec(source.split("warnings.simplefilter")[0], names)
PROBLEMS, make, noise = names["PROBLEMS"], names["make"], names["noise"]

L2 = 0.02


def losses(x, y, s, group, count, model):
    z = x @ model.coef_.T + model.intercept_
    if z.shape[1] == 1:
        z = np.hstack([np.zeros((len(z), 1)), z])
    most = z.max(1)
    loss = most + np.log(np.exp(z - most[:, None]).sum(1)) - z[np.arange(len(y)), y]
    return np.array([(s * loss)[group == g].sum() / s[group == g].sum() for g in range(count)])


def dual(q, x, y, s, group, count):
    weight = np.array([q[g] / s[group == g].sum() for g in range(count)])[group] * s
    weight = np.maximum(weight, 1e-12) / weight.sum()
    model = LogisticRegression(solver="newton-cg", C=1 / (len(y) * L2), tol=1e-10, max_iter=10000)
    model.fit(x, y, sample_weight=weight * len(y))
    of_groups = losses(x, y, s, group, count, model)
    return q @ of_groups + L2 / 2 * (model.coef_**2).sum(), of_groups


warnings.simplefilter("ignore")
print("/* Made by make_worst.py with SciPy %s and scikit-learn %s. */" % (scipy.__version__, sklearn.__version__))
print("static const struct {\n  const char *name;\n  double objective;\n} WORST_GOLDEN[] = {")
for name, rows, columns, classes, kind, heaviest in PROBLEMS:
    x, y, s = make(rows, columns, classes, kind, heaviest)
    group = np.array([2 * y[i] + (noise(4000 + i) > 0.4) for i in range(rows)])
    group = np.unique(group, return_inverse=True)[1]  # without those that have no rows
    count = group.max() + 1

    def negative(q):
        value, gradient = dual(q, x, y, s, group, count)
        return -value, -gradient

    found = minimize(negative, np.full(count, 1 / count), jac=True, method="SLSQP", bounds=[(1e-9, 1)] * count,
                     constraints={"type": "eq", "fun": lambda q: q.sum() - 1, "jac": lambda q: np.ones(count)},
                     options={"ftol": 1e-12, "maxiter": 1000})
    print('    {"%s", %.10g},' % (name, -found.fun), flush=True)
print("};")
