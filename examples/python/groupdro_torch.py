"""GroupDRO in a training loop of PyTorch, measured by despur: python examples/python/groupdro_torch.py"""

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

import despur
from despur.torch import GroupBalancedSampler, GroupDROLoss


def examples(rows, share, seed):
    """A core that is hard to learn, and a shortcut that goes with the label in `share` of all rows."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, rows)
    a = np.where(random.random(rows) < share, y, 1 - y)
    x = random.normal(size=(rows, 10)).astype(np.float32)
    x[:, 0] += 1.5 * (2 * y - 1)
    x[:, 1] += 4 * (2 * a - 1)
    return torch.tensor(x), torch.tensor(y), torch.tensor(a)


def train(robust, epochs=5):
    torch.manual_seed(0)
    x, y, a = examples(4000, 0.95, 0)
    groups = 2 * y + a
    model = torch.nn.Sequential(torch.nn.Linear(10, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    loss = GroupDROLoss(np.bincount(groups))
    sampler = GroupBalancedSampler(groups) if robust else None
    data = TensorDataset(x, y, groups)
    for batch_x, batch_y, batch_g in (batch for _ in range(epochs) for batch in DataLoader(data, 64, sampler=sampler)):
        losses = cross_entropy(model(batch_x), batch_y, reduction="none")
        optimizer.zero_grad()
        (loss(losses, batch_g) if robust else losses.mean()).backward()
        optimizer.step()
    return model


def main():
    x, y, a = examples(4000, 0.5, 1)
    seen = {}
    for name, robust in (("ERM", False), ("GroupDRO", True)):
        model = train(robust)
        with torch.no_grad():
            pred = model(x).argmax(1)
        seen[name] = despur.evaluate(y, pred, sensitive_features={"a": a}, label=name)
        print(name, "-", seen[name], "\n")
    print(despur.compare(seen["ERM"], seen["GroupDRO"]))
    return seen


if __name__ == "__main__":
    main()
