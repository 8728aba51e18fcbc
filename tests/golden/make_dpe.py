#!/usr/bin/env python3
"""Writes dpe.h: the heads of an ensemble of three prototypes a class, by NumPy and SciPy's L-BFGS-B from the means of the classes, with
vectors that are divided by their length in the objective, where despur stays on the sphere.

usage: make_dpe.py | clang-format >dpe.h        (NumPy, SciPy)

Every group of the validation examples has as many, so that a balanced subset is all of them and nothing is drawn.
"""
import numpy as np
import scipy
from scipy.optimize import check_grad, minimize

TRAIN, VAL, COLUMNS, CLASSES, MEMBERS = 90, 120, 11, 3, 3
SCALE, DIVERSITY = 8.0, 0.2


def noise(i):
    return (i * 2654435761 % 2**32) / 2147483648.0 - 1


def example(i):
    """Class i mod 3; the attribute (i / 3) mod 2 moves another column."""
    x = [3 + noise(1000 + i * COLUMNS + j) for j in range(COLUMNS)]
    x[i % CLASSES] += 0.7
    x[5 + i // CLASSES % 2] += 1.5
    return x


x = np.array([example(i) for i in range(TRAIN + VAL)], np.float32).astype(float)
y = np.arange(TRAIN, TRAIN + VAL) % CLASSES
mean, spread = x[:TRAIN].mean(0), x[:TRAIN].std(0)
v = (x[TRAIN:] - mean) / spread
centre = v.mean(0)  # groups are as large as each other
v -= centre
v /= np.linalg.norm(v, axis=1, keepdims=True)


def objective(flat, others):
    p = flat.reshape(CLASSES, COLUMNS)
    length = np.linalg.norm(p, axis=1, keepdims=True)
    u = p / length
    z = SCALE * v @ u.T
    z -= z.max(1, keepdims=True)
    shares = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    loss = -np.log(shares[np.arange(VAL), y]).mean()
    slope = SCALE / VAL * (shares - np.eye(CLASSES)[y]).T @ v
    for q in others:
        cosine = (u * q).sum(1)
        loss += DIVERSITY / len(others) * (cosine**2).mean()
        slope += 2 * DIVERSITY / len(others) / CLASSES * cosine[:, None] * q
    return loss, ((slope - (slope * u).sum(1, keepdims=True) * u) / length).ravel()


fitted, losses = [], []
for member in range(MEMBERS):
    start = np.array([v[y == k].mean(0) for k in range(CLASSES)])
    if fitted:
        start -= (start * fitted[-1]).sum(1, keepdims=True) / 2 * fitted[-1]
    start = (start / np.linalg.norm(start, axis=1, keepdims=True)).ravel()
    assert check_grad(lambda p: objective(p, fitted)[0], lambda p: objective(p, fitted)[1], start) < 1e-6
    found = minimize(objective, start, args=(fitted,), jac=True, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10000})
    p = found.x.reshape(CLASSES, COLUMNS)
    fitted.append(p / np.linalg.norm(p, axis=1, keepdims=True))
    losses.append(found.fun)
weight = SCALE * np.mean(fitted, 0) / spread
bias = -weight @ (mean + spread * centre)
print("/* Made by make_dpe.py with NumPy %s and SciPy %s; losses of the members: %s. */" % (
    np.__version__, scipy.__version__, ", ".join("%.6f" % l for l in losses)))
print("static const double DPE_GOLDEN_WEIGHT[] = {%s};" % ", ".join("%.8f" % w for w in weight.ravel()))
print("static const double DPE_GOLDEN_BIAS[] = {%s};" % ", ".join("%.8f" % b for b in bias))
