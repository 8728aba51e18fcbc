"""Training with despur's samplers in PyTorch against training by despur, on SpuCoMNIST exported from despur.

    python bench/samplers_torch.py [--images DIR] [--seeds 5] [--epochs 20] [--methods spare jtt] [--room DIR]

Both take the same settings: group balance and SPARE those of recipes/spuco_settings (batch 32, 20 epochs, SGD with
momentum, weight decay), JTT those of recipes/spuco_mnist (three epochs of some five times the length, the gradient's norm
limited, moving averages of the weights); the epoch that is best on validation counts. PyTorch sees the exported pictures,
labels and attributes; groups of SPARE and what JTT repeats are those that despur inferred. After every seed it prints worst
groups and averages on test with means, standard errors, and their difference in standard errors.
"""

import argparse
import copy
import math
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

import despur
from despur._networks import LeNet
from despur.torch import GroupBalancedSampler, JTTSampler, SPARESampler

RECIPES = Path(__file__).parent.parent / "recipes"
BATCH = 32


@dataclass(frozen=True)
class Settings:
    """What a recipe says of training; epochs: 0: as asked for."""

    recipe: str
    lr: float
    decay: float
    epochs: int = 0
    clip: float = math.inf
    ema: float = 0.0


METHODS = {
    "group_balance": Settings("spuco_settings/group_balance.yaml", 0.01, 0.01),
    "spare": Settings("spuco_settings/spare.yaml", 0.01, 0.01),
    "jtt": Settings("spuco_mnist/jtt-magnitude_large.yaml", 0.1, 0.0035, epochs=3, clip=0.5, ema=0.999),
}
REPEATS = 800  # of what JTT repeats


def worst_of(y, predictions, a):
    seen = despur.evaluate(y, predictions, sensitive_features={"a": a})
    return seen.worst_group_accuracy, seen.average_accuracy


def predict(network, x):
    network.eval()
    with torch.no_grad():
        return torch.cat([network(part.float() / 255).argmax(1) for part in x.split(1000)]).numpy()


def follow(average, network, step, ema):
    """The mean of all steps' weights as long as 1 / (step + 1) is the larger rate, then their moving average."""
    with torch.no_grad():
        for mean, now in zip(average.parameters(), network.parameters(), strict=True):
            mean += max(1 / (step + 1), 1 - ema) * (now - mean)


def train(pictures, labels, attributes, splits, sampler, settings, seed, epochs):
    """Worst group and average on test of the epoch that is best on validation."""
    torch.manual_seed(seed)
    network = LeNet(pictures.shape[1], 400, int(labels.max()) + 1)
    average = copy.deepcopy(network)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=settings.lr, momentum=0.9, nesterov=True, weight_decay=settings.decay
    )
    x, y = torch.tensor(pictures[splits == 0]), torch.tensor(labels[splits == 0])
    held = {s: (torch.tensor(pictures[splits == s]), labels[splits == s], attributes[splits == s]) for s in (1, 2)}
    best, found, step = -1.0, (0.0, 0.0), 0
    for _ in range(settings.epochs or epochs):
        network.train()
        order = list(sampler)
        for at in range(0, len(order), BATCH):
            rows = order[at : at + BATCH]
            optimizer.zero_grad()
            cross_entropy(network(x[rows].float() / 255), y[rows]).backward()
            if settings.clip < math.inf:
                torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
            optimizer.step()
            if settings.ema > 0:
                follow(average, network, step, settings.ema)
            step += 1
        measured = average if settings.ema > 0 else network
        of = {s: worst_of(part[1], predict(measured, part[0]), part[2]) for s, part in held.items()}
        if of[1][0] > best:
            best, found = of[1][0], of[2]
    return found


def exported(tool, images, seed, room):
    folder = room / f"data-{seed}"
    if not folder.exists():
        subprocess.run([tool, "data", "export", RECIPES / METHODS["spare"].recipe, f"seed={seed}", f"data.images={images}",
                        "--out", folder, "--quiet"], check=True)  # fmt: skip
    return (np.load(folder / f"{name}.npy") for name in ("images", "labels", "attributes", "splits"))


def inferred(directory, inside, labels):
    """The groups that a run has inferred of its training examples."""
    example, y, _, groups = np.loadtxt(directory / "groups.csv", int, delimiter=",", skiprows=1, usecols=range(4)).T
    assert (example == np.flatnonzero(inside)).all() and (y == labels[inside]).all()
    return groups


def sampler_of(method, directory, labels, attributes, inside, seed):
    if method == "spare":
        return SPARESampler(inferred(directory, inside, labels), labels[inside], seed=seed)
    if method == "jtt":
        return JTTSampler(inferred(directory, inside, labels) == 1, REPEATS, seed=seed)
    return GroupBalancedSampler(labels[inside] * (int(attributes.max()) + 1) + attributes[inside], seed=seed)


def one(method, given, seed, room):
    """(despur's, PyTorch's), each worst group and average."""
    settings, directory = METHODS[method], room / f"{method}-{seed}"
    keys = {"seed": seed, "data.images": given.images, "train.epochs": settings.epochs or given.epochs}
    if not directory.exists():
        despur.run(RECIPES / settings.recipe, keys, directory=directory, threads=1, progress=False)
    seen = despur.Run(str(directory), "", "test", ()).evaluate(threads=1)
    pictures, labels, attributes, splits = exported(given.tool, given.images, seed, room)
    sampler = sampler_of(method, directory, labels, attributes, splits == 0, seed)
    ours = (seen.worst_group_accuracy, seen.average_accuracy)
    return ours, train(pictures, labels, attributes, splits, sampler, settings, seed, given.epochs)


def report(method, pairs):
    print(f"{method}, {len(pairs)} seeds (worst group, average; %)")
    means, errors = 100 * pairs.mean(axis=0), 100 * pairs.std(axis=0, ddof=1) / math.sqrt(len(pairs))
    for name, mean, error in zip(("despur", "PyTorch with its sampler"), means, errors, strict=True):
        print(f"  {name}: {mean[0]:.1f} +- {error[0]:.1f}, {mean[1]:.1f} +- {error[1]:.1f}")
    apart = (means[1] - means[0]) / np.sqrt((errors**2).sum(axis=0))
    print(f"  apart: {apart[0]:+.1f} and {apart[1]:+.1f} standard errors", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", default="auto", help="folder of MNIST's four files")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20, help="of group balance and SPARE")
    parser.add_argument("--tool", default="despur")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--room", type=Path, help="where data and runs are kept for another time")
    given = parser.parse_args()
    torch.set_num_threads(1)
    pairs = {method: [] for method in given.methods}
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(given.seeds):
            for method in given.methods:
                pairs[method].append(one(method, given, seed, given.room or Path(temporary)))
                if seed > 0:
                    report(method, np.array(pairs[method]))


if __name__ == "__main__":
    main()
