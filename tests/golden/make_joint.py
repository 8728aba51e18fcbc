#!/usr/bin/env python3
"""Writes joint.h: proximal Newton steps of softmax with an l1 penalty, from a start where the whole step makes the objective larger.

usage: make_joint.py >joint.h        (NumPy, SciPy)

What a step leads to follows from its definition alone: the least value of the quadratic model of the loss plus the penalty, found
here by coordinate descent until nothing moves, and half of the step until the objective falls by a share of what the step
promises (Armijo). The optimum is SciPy's: L-BFGS-B on weights that are split into their positive and negative parts.
test_logistic_joint.c makes the same problem by the same formulas.
"""
import sys

import numpy as np
import scipy
from scipy.optimize import minimize
from scipy.special import logsumexp

ROWS, COLUMNS, CLASSES = 60, 3, 3
L1, L2 = 0.01, 0.001
FAR = 12.0  # how large the weights are at the start
ARMIJO = 1e-4


def noise(i):
    """A number in [-1, 1) from an integer: bits of a multiplicative hash."""
    return ((np.asarray(i) * 2654435761) % 2**32) / 2**31 - 1


rows = np.arange(ROWS)
x = noise(rows[:, None] * COLUMNS + np.arange(COLUMNS) + 1).astype(np.float32).astype(float)
teacher = noise(100 + np.arange(CLASSES)[:, None] * COLUMNS + np.arange(COLUMNS))
y = (x @ teacher.T + noise(5000 + rows[:, None] * CLASSES + np.arange(CLASSES))).argmax(1)
columns = x - x.mean(0)
design = np.hstack([columns, np.ones((ROWS, 1))])  # the bias comes last
penalised = np.r_[np.ones(COLUMNS), 0]
start = np.hstack([FAR * noise(900 + np.arange(CLASSES)[:, None] * COLUMNS + np.arange(COLUMNS)), np.zeros((CLASSES, 1))])


def smooth(w):
    """The loss with the l2 term, its gradient and the probabilities; w is [classes, columns and a bias]."""
    z = design @ w.T
    logs = z - logsumexp(z, axis=1, keepdims=True)
    p = np.exp(logs)
    loss = -logs[rows, y].mean() + L2 / 2 * (penalised * w**2).sum()
    error = p.copy()
    error[rows, y] -= 1
    return loss, error.T @ design / ROWS + L2 * penalised * w, p


def objective(w):
    return smooth(w)[0] + L1 * (penalised * abs(w)).sum()


def hessian(p):
    n = COLUMNS + 1
    h = np.zeros((CLASSES * n, CLASSES * n))
    for a in range(CLASSES):
        for b in range(CLASSES):
            s = p[:, a] * ((a == b) - p[:, b]) / ROWS
            h[a * n:(a + 1) * n, b * n:(b + 1) * n] = (design * s[:, None]).T @ design
    return h + np.diag(L2 * np.tile(penalised, CLASSES))


def model_step(w):
    """The least value of the model by coordinate descent, and what it promises."""
    _, gradient, p = smooth(w)
    h, at, g = hessian(p), w.ravel(), gradient.ravel()
    l1 = L1 * np.tile(penalised, CLASSES)
    step = np.zeros_like(at)
    for _ in range(200000):
        largest = 0
        for i in range(len(at)):
            slope, bend = g[i] + h[i] @ step, h[i, i]
            to = at[i] + step[i] - slope / bend
            to = np.sign(to) * max(abs(to) - l1[i] / bend, 0)
            change = to - at[i] - step[i]
            step[i] += change
            largest = max(largest, abs(change) * bend**0.5)
        if largest < 1e-11:
            break
    else:
        sys.exit("the model has no least value")
    promise = g @ step + (l1 * (abs(at + step) - abs(at))).sum()
    return step.reshape(w.shape), promise


def steps():
    w, found = start, []
    for _ in range(30):
        step, promise = model_step(w)
        length, value, whole = 1.0, objective(w), objective(w + step)
        while length > 1e-9 and not objective(w + length * step) < value + ARMIJO * length * promise:
            length /= 2
        if length <= 1e-9 or -promise < 1e-9:
            break
        w = w + length * step
        found.append((whole, length, objective(w)))
    return found


def optimum():
    n = CLASSES * (COLUMNS + 1)

    def split(v):
        w = (v[:n] - v[n:]).reshape(CLASSES, COLUMNS + 1)
        loss, gradient, _ = smooth(w)
        l1 = L1 * np.tile(penalised, CLASSES)
        return loss + l1 @ (v[:n] + v[n:]), np.r_[gradient.ravel() + l1, -gradient.ravel() + l1]

    done = minimize(split, np.zeros(2 * n), jac=True, method="L-BFGS-B", bounds=[(0, None)] * 2 * n,
                    options=dict(maxiter=100000, maxfun=1000000, ftol=1e-16, gtol=1e-12))
    return done.fun


found = steps()
print("/* Made by make_joint.py with NumPy %s and SciPy %s. */" % (np.__version__, scipy.__version__))
print("static const double JOINT_START = %.12g, JOINT_OPTIMUM = %.12g;" % (objective(start), optimum()))
print("/* Of each step: the objective behind the whole of it, the share that is taken, and the objective there. */")
print("static const struct {\n  double whole, share, objective;\n} JOINT_STEPS[] = {")
for step in found:
    print("    {%.12g, %.12g, %.12g}," % step)
print("};")
