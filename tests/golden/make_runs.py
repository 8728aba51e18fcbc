#!/usr/bin/env python3
"""Writes tests/golden/runs: small data, and what every training method and every inference must make of it.

    make_runs.py tests/golden/runs

Nothing here comes from despur: the random numbers are Philox4x32-10 as Salmon et al. 2011 print it, the network is one linear layer
in NumPy (float64), the steps are those that PyTorch documents for SGD, the clusters are scikit-learn's, and the methods are
written down from their papers. The committed files come from NumPy 2.4.6 and scikit-learn 1.9.1; tests/unit/test_golden_runs.c reads
them.
"""
import json
import pathlib
import struct
import sys

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples
from sklearn.mixture import GaussianMixture

SEED, BATCH, LR, MOMENTUM, DECAY = 3, 16, 0.2, 0.9, 0.01
REFERENCE, TRAIN = 1, 2  # numbers of the stages
MASK = 0xFFFFFFFF


# ---- random numbers ----

def philox(counter, key):
    """Philox4x32-10."""
    c, k = list(counter), list(key)
    for _ in range(10):
        low, high = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(high >> 32) ^ c[1] ^ k[0], high & MASK, (low >> 32) ^ c[3] ^ k[1], low & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


class Stream:
    """Draws in the order of the counter; the purpose is hashed by FNV-1a."""

    def __init__(self, purpose, index):
        name = 2166136261
        for byte in purpose.encode():
            name = (name ^ byte) * 16777619 & MASK
        self.counter, self.words = [0, name, index & MASK, index >> 32], []

    def u32(self):
        if not self.words:
            self.words = philox(self.counter, [SEED, 0])
            self.counter[0] += 1
        return self.words.pop(0)

    def uniform(self):
        """In [0, 1)."""
        high = self.u32()
        return ((high << 32 | self.u32()) >> 11) * 2.0**-53

    def below(self, n):
        """Lemire 2019."""
        product = self.u32() * n
        if product & MASK < n:
            while product & MASK < (2**32 - n) % n:
                product = self.u32() * n
        return product >> 32

    def shuffle(self, values):
        values = list(values)
        for left in range(len(values), 1, -1):
            chosen = self.below(left)
            values[left - 1], values[chosen] = values[chosen], values[left - 1]
        return values

    def normal(self):
        radius = np.sqrt(-2 * np.log(1 - self.uniform()))
        return radius * np.cos(2 * np.pi * self.uniform())


# ---- the data ----

def make_data():
    """Training groups of 30, 10, 12 and 28; 5 of each for test. Column 0 tells the class a little, 1 the attribute well."""
    rng = np.random.default_rng(0)
    rows = []
    for (y, a), size in {(0, 0): 30, (0, 1): 10, (1, 0): 12, (1, 1): 28}.items():
        rows += [(y, a, 0)] * size + [(y, a, 2)] * 5
    rows = np.array(rows)[rng.permutation(len(rows))]
    y, a, split = rows.T
    x = rng.normal(size=(len(rows), 4)) * [0.7, 0.2, 0.3, 0.3]
    x[:, 0] += 0.8 * y
    x[:, 1] += 3 * a - 1.5
    return np.round(x, 3).astype(np.float32), y.astype(np.int64), a.astype(np.int64), split.astype(np.int64)


X, Y, A, SPLIT = make_data()
TRAINING, TEST = np.flatnonzero(SPLIT == 0), np.flatnonzero(SPLIT == 2)
INITIAL = np.array([[0.1, -0.2, 0.05, 0.0], [-0.1, 0.2, 0.0, 0.05]]), np.array([0.01, -0.02])


# ---- the network ----

def logits_of(weights, rows):
    return X[rows].astype(float) @ weights[0].T + weights[1]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def train(epochs_of_visits, weigh):
    """weigh(losses, rows) gives the loss and what each example counts. Returns the weights and the losses of all steps."""
    weights, moments, losses = [p.copy() for p in INITIAL], [0, 0], []
    for visits in epochs_of_visits:
        for at in range(0, len(visits), BATCH):
            rows = np.array(visits[at:at + BATCH])
            p = softmax(logits_of(weights, rows))
            loss, counts = weigh(-np.log(p[np.arange(len(rows)), Y[rows]]), rows)
            losses.append(loss)
            slope = (p - np.eye(2)[Y[rows]]) * np.asarray(counts)[:, None]
            for i, gradient in enumerate([slope.T @ X[rows].astype(float), slope.sum(axis=0)]):
                gradient = gradient + DECAY * weights[i]
                moments[i] = MOMENTUM * moments[i] + gradient
                weights[i] = weights[i] - LR * moments[i]
    return weights, losses


def mean(losses, rows):
    return losses.mean(), np.full(len(rows), 1 / len(rows))


# ---- which examples an epoch visits ----

def members_of(groups):
    return [[int(i) for i in TRAINING if groups[i] == g] for g in sorted(set(groups[TRAINING]))]


def shuffled(pool, stage, epochs):
    return [Stream("shuffle", stage << 32 | epoch).shuffle(pool) for epoch in range(epochs)]


def drawn(groups, masses, epochs=2):
    """A group by its mass, then one of its examples, as many as there are."""
    members, bounds = members_of(groups), np.cumsum(masses)
    for epoch in range(epochs):
        stream = Stream("balance", TRAIN << 32 | epoch)
        visits = []
        for _ in TRAINING:
            group = members[int(np.searchsorted(bounds, stream.uniform() * bounds[-1], side="right"))]
            visits.append(group[stream.below(len(group))])
        yield visits


def repeated(groups, quotas, epochs=2):
    """A list with so many visits of each group, every example as often as any other or once more."""
    pool = []
    for g, (members, quota) in enumerate(zip(members_of(groups), quotas)):
        order = Stream("resample", TRAIN << 32 | g).shuffle(members)
        pool += [order[i % len(order)] for i in range(quota)]
    return shuffled(pool, TRAIN, epochs)


# ---- methods ----

def equal(groups):
    return drawn(groups, [1] * len(members_of(groups)))


def erm(_):
    return train(shuffled(TRAINING.tolist(), TRAIN, 2), mean)


def group_balance(groups):
    return train(equal(groups), mean)


def class_balance(_):
    return train(equal(Y), mean)


def upsample(groups):
    sizes = [len(m) for m in members_of(groups)]
    return train(repeated(groups, [max(sizes)] * len(sizes)), mean)


def downsample(groups):
    sizes = [len(m) for m in members_of(groups)]
    return train(repeated(groups, [min(sizes)] * len(sizes)), mean)


def jtt(groups, repeats=3):
    right, wrong = (len(m) for m in members_of(groups))
    return train(repeated(groups, [right, repeats * wrong]), mean)


def groupdro(groups, eta=0.5, c=2):
    """Sagawa et al. 2020, algorithm 1, with the adjustment C / sqrt(n) in the exponent."""
    sizes = [len(m) for m in members_of(groups)]
    q = np.full(len(sizes), 1 / len(sizes))

    def weigh(losses, rows):
        nonlocal q
        of = groups[rows]
        means = np.array([losses[of == g].mean() if (of == g).any() else 0 for g in range(len(sizes))])
        there = np.array([(of == g).any() for g in range(len(sizes))])
        q = q * np.where(there, np.exp(eta * (means + c / np.sqrt(sizes))), 1)
        q = q / q.sum()
        return float(q @ means), np.array([q[g] / (of == g).sum() for g in of])

    return train(equal(groups), weigh)


def spare(groups, powers):
    """Yang et al. 2024: p_i ~ size^-power within a class, every class as often."""
    masses = []
    for m in members_of(groups):
        y = Y[m[0]]
        of_class = [len(k) ** (1.0 - powers[y]) for k in members_of(groups) if Y[k[0]] == y]
        masses.append(len(m) ** (1.0 - powers[y]) / sum(of_class))
    return train(drawn(groups, masses), mean)


# ---- inference ----

REFERENCE_WEIGHTS, REFERENCE_LOSSES = train(shuffled(TRAINING.tolist(), REFERENCE, 1), mean)
REFERENCE_LOGITS = logits_of(REFERENCE_WEIGHTS, np.arange(len(X)))


def by_class(cluster):
    """Clusters of each class, numbered by falling size."""
    groups, first = np.full(len(X), -1), 0
    for y in (0, 1):
        rows = TRAINING[Y[TRAINING] == y]
        labels = cluster(rows)
        sizes = np.bincount(labels)
        assert len(set(sizes)) == len(sizes)
        rank = np.argsort(np.argsort(-sizes))
        groups[rows] = first + rank[labels]
        first += len(sizes)
    return groups


def best_of(points, fit, numbers, macro):
    """The number of clusters with the best silhouette: mean of points, or of clusters."""
    def score(labels):
        values = silhouette_samples(points, labels)
        return np.mean([values[labels == c].mean() for c in set(labels)]) if macro else values.mean()
    found = {k: fit(k) for k in numbers}
    return found[max(numbers, key=lambda k: score(found[k]))]


def kmeans(points, k):
    return KMeans(k, n_init=50, random_state=0).fit_predict(points)


def cluster_groups():
    return by_class(lambda rows: kmeans(REFERENCE_LOGITS[rows], 2))


def spare_groups():
    points = softmax(REFERENCE_LOGITS)
    return by_class(lambda rows: best_of(points[rows], lambda k: kmeans(points[rows], k), range(2, 6), macro=False))


def george_groups():
    """Mixtures of the features, each example at length 1."""
    points = X.astype(float) / np.linalg.norm(X.astype(float), axis=1, keepdims=True)
    fit = lambda rows: lambda k: GaussianMixture(k, n_init=20, random_state=0).fit_predict(points[rows])
    return by_class(lambda rows: best_of(points[rows], fit(rows), range(2, 4), macro=True))


def jtt_groups():
    groups = np.full(len(X), -1)
    groups[TRAINING] = (REFERENCE_LOGITS.argmax(axis=1) != Y)[TRAINING]
    return groups


def eiil_groups(steps=300, lr=0.05):
    """Creager et al. 2021: ascent of the squared slopes of both environments' losses, by Adam, from normal logits."""
    z, y = REFERENCE_LOGITS[TRAINING], Y[TRAINING]
    g = (softmax(z) * z).sum(axis=1) - z[np.arange(len(z)), y]
    stream = Stream("eiil", 0)
    w = np.array([stream.normal() for _ in TRAINING])
    m = v = np.zeros(len(w))
    for t in range(1, steps + 1):
        q = 1 / (1 + np.exp(-w))
        gradient = -(((q * g).mean() - ((1 - q) * g).mean()) * g * q * (1 - q)) / len(w)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w = w - lr * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    side = w > 0
    if g[side].mean() < g[~side].mean():
        side = ~side
    groups = np.full(len(X), -1)
    groups[TRAINING] = side
    return groups


# ---- the cases ----

def case(name, words, groups, result):
    weights, losses = result
    p = softmax(logits_of(weights, TEST))
    return {"name": name, "words": words, "groups": [int(g) for g in groups[TRAINING]], "losses": [float(l) for l in losses],
            "probabilities": [float(v) for v in p[:, 1]]}


def cases():
    true = 2 * Y + A
    for method in (erm, group_balance, class_balance, upsample, downsample):
        yield case(method.__name__, [f"train.method={method.__name__}"], true, method(true))
    yield case("groupdro", ["train.method=groupdro", "train.groupdro.eta=0.5", "train.groupdro.adjustment=2"], true, groupdro(true))
    groups = cluster_groups()
    yield case("cluster", ["infer.method=cluster", "train.method=group_balance"], groups, group_balance(groups))
    groups = spare_groups()
    yield case("spare", ["infer.method=spare", "train.spare.rule=given", "train.spare.power=[1.5,3]"], groups, spare(groups, [1.5, 3]))
    groups = george_groups()
    yield case("george", ["infer={method: george, reduce: {method: none}, max_clusters: 3, overcluster: 1}", "select.rule=last",
                          "train.groupdro.eta=0.5", "train.groupdro.adjustment=2"], groups, groupdro(groups))
    groups = jtt_groups()
    yield case("jtt", ["infer.method=jtt", "train.jtt.repeats=3"], groups, jtt(groups))
    groups = eiil_groups()
    yield case("eiil", ["infer={method: eiil, eiil: {steps: 300, lr: 0.05}}", "train.groupdro.eta=0.5", "train.groupdro.adjustment=2"],
               groups, groupdro(groups))


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + 4 * values.size]}
        at += 4 * values.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(values.astype("<f4").tobytes() for values in tensors.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    # the first lines of Random123's kat_vectors for philox4x32-10
    assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert philox([MASK] * 4, [MASK] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    room = pathlib.Path(sys.argv[1])
    room.mkdir(exist_ok=True)
    for name, values in {"features": X, "labels": Y, "attributes": A, "splits": SPLIT}.items():
        np.save(room / f"{name}.npy", values)
    write_safetensors(room / "init.safetensors", {"classifier.weight": INITIAL[0], "classifier.bias": INITIAL[1]})
    common = [f"seed={SEED}", "reference.epochs=1", "train.epochs=2", "log.steps=true", "model.arch=linear"]
    for stage in ("reference", "train"):
        common += [f"{stage}.batch_size={BATCH}", f"{stage}.optimizer.lr={LR}", f"{stage}.optimizer.momentum={MOMENTUM}",
                   f"{stage}.optimizer.weight_decay={DECAY}"]
    text = json.dumps({"common": common, "reference_loss": float(np.mean(REFERENCE_LOSSES)), "cases": list(cases())})
    (room / "expected.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")


main()
