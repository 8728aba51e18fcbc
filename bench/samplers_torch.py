"""Training with despur's samplers in PyTorch against training by despur, on SpuCoMNIST exported from despur.

    python bench/samplers_torch.py [--images DIR] [--seeds 3] [--epochs 20] [--room DIR]

Both take the settings of recipes/spuco_settings (batch 32, 20 epochs, SGD with momentum, weight decay; best epoch on
validation). PyTorch sees the exported pictures, labels and attributes; groups for SPARE are those that despur inferred.
Prints worst groups and averages on test with means, standard errors, and their difference in standard errors.
"""

import argparse
import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

import despur
from despur._networks import LeNet
from despur.torch import GroupBalancedSampler, SPARESampler

BATCH = 32
RECIPES = Path(__file__).parent.parent / "recipes" / "spuco_settings"


def worst_of(y, predictions, a):
    seen = despur.evaluate(y, predictions, sensitive_features={"a": a})
    return seen.worst_group_accuracy, seen.average_accuracy


def predict(network, x):
    network.eval()
    with torch.no_grad():
        return torch.cat([network(part.float() / 255).argmax(1) for part in x.split(1000)]).numpy()


def train(pictures, labels, attributes, splits, sampler, seed, epochs):
    """Worst group and average on test of the epoch that is best on validation."""
    torch.manual_seed(seed)
    network = LeNet(pictures.shape[1], 400, int(labels.max()) + 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.01)
    x, y = torch.tensor(pictures[splits == 0]), torch.tensor(labels[splits == 0])
    held = {s: (torch.tensor(pictures[splits == s]), labels[splits == s], attributes[splits == s]) for s in (1, 2)}
    best, found = -1.0, (0.0, 0.0)
    for _ in range(epochs):
        network.train()
        order = list(sampler)
        for at in range(0, len(order), BATCH):
            rows = order[at : at + BATCH]
            optimizer.zero_grad()
            cross_entropy(network(x[rows].float() / 255), y[rows]).backward()
            optimizer.step()
        of = {s: worst_of(part[1], predict(network, part[0]), part[2]) for s, part in held.items()}
        if of[1][0] > best:
            best, found = of[1][0], of[2]
    return found


def exported(tool, images, seed, room):
    folder = room / f"data-{seed}"
    if not folder.exists():
        subprocess.run([tool, "data", "export", RECIPES / "spare.yaml", f"seed={seed}", f"data.images={images}",
                        "--out", folder, "--quiet"], check=True)  # fmt: skip
    return (np.load(folder / f"{name}.npy") for name in ("images", "labels", "attributes", "splits"))


def one(method, given, seed, room):
    """(despur's, PyTorch's), each worst group and average."""
    directory = room / f"{method}-{seed}"
    keys = {"seed": seed, "data.images": given.images, "train.epochs": given.epochs}
    if not directory.exists():
        despur.run(RECIPES / f"{method}.yaml", keys, directory=directory, threads=1, progress=False)
    seen = despur.Run(str(directory), "", "test", ()).evaluate(threads=1)
    pictures, labels, attributes, splits = exported(given.tool, given.images, seed, room)
    inside = splits == 0
    groups = labels[inside] * (int(attributes.max()) + 1) + attributes[inside]
    if method == "spare":
        example, y, _, groups = np.loadtxt(directory / "groups.csv", int, delimiter=",", skiprows=1, usecols=range(4)).T
        assert (example == np.flatnonzero(inside)).all() and (y == labels[inside]).all()
        sampler = SPARESampler(groups, labels[inside], seed=seed)
    else:
        sampler = GroupBalancedSampler(groups, seed=seed)
    ours = (seen.worst_group_accuracy, seen.average_accuracy)
    return ours, train(pictures, labels, attributes, splits, sampler, seed, given.epochs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", default="auto", help="folder of MNIST's four files")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--tool", default="despur")
    parser.add_argument("--methods", nargs="+", default=["group_balance", "spare"])
    parser.add_argument("--room", type=Path, help="where data and runs are kept for another time")
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        room = given.room or Path(temporary)
        for method in given.methods:
            pairs = np.array([one(method, given, seed, room) for seed in range(given.seeds)])
            print(f"{method}, {given.seeds} seeds (worst group, average; %)", flush=True)
            means, errors = 100 * pairs.mean(axis=0), 100 * pairs.std(axis=0, ddof=1) / math.sqrt(given.seeds)
            for name, mean, error in zip(("despur", "PyTorch with its sampler"), means, errors, strict=True):
                print(f"  {name}: {mean[0]:.1f} +- {error[0]:.1f}, {mean[1]:.1f} +- {error[1]:.1f}")
            apart = (means[1] - means[0]) / np.sqrt((errors**2).sum(axis=0))
            print(f"  apart: {apart[0]:+.1f} and {apart[1]:+.1f} standard errors", flush=True)


if __name__ == "__main__":
    main()
