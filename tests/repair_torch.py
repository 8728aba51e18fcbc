#!/usr/bin/env python3
"""A PyTorch network is exported, repaired and patched: PyTorch's logits of the patched file are despur's, and so is the worst group.

usage: repair_torch.py DESPUR        (exit status 77 where PyTorch is missing)
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
except ImportError:
    print("skipped: PyTorch is missing")
    sys.exit(77)

random = np.random.RandomState(0)
rows, columns = 600, 12
y = random.randint(2, size=rows)
split = np.repeat([0, 1, 2], rows // 3)
usual = random.rand(rows) < np.where(split == 0, 0.9, 0.5)
a = np.where(usual, y, 1 - y)
x = random.randn(rows, columns).astype(np.float32)
x[:, 0] += 2 * y
x[:, 1] += 5 * a
torch.manual_seed(0)
net = torch.nn.Sequential()
net.add_module("body", torch.nn.Linear(columns, 16))
net.add_module("act", torch.nn.ReLU())
net.add_module("fc", torch.nn.Linear(16, 2))
features = net.act(net.body(torch.from_numpy(x))).detach().numpy()
before = {name: value.clone() for name, value in net.state_dict().items()}

with tempfile.TemporaryDirectory() as room:
    for name, values in (("x", features), ("y", y), ("a", a), ("s", split)):
        np.save("%s/%s.npy" % (room, name), values)
    for zipped in (True, False):
        net.load_state_dict(before)
        torch.save(net.state_dict(), room + "/net.pth", _use_new_zipfile_serialization=zipped)
        subprocess.run([os.path.abspath(sys.argv[1]), "repair", "x.npy", "--labels", "y.npy", "--attributes", "a.npy", "--splits", "s.npy", "--head",
                        "net.pth:fc", "--patch", "net.pth", "--method", "balanced", "--out", "out", "--force"], cwd=room, check=True,
                       stdout=subprocess.DEVNULL)
        patched = torch.load(room + "/out/model.pth")
        for layer in ("body.weight", "body.bias"):
            assert torch.equal(patched[layer], before[layer]), layer
        net.load_state_dict(patched)
        logits = net(torch.from_numpy(x)).detach().numpy()
        head = np.load(room + "/out/head.npz")
        assert abs(logits - (features @ head["weight"].T + head["bias"])).max() < 1e-5
        right = logits.argmax(1) == y
        worst = min(right[(split == 2) & (y == i) & (a == j)].mean() for i in (0, 1) for j in (0, 1))
        with open(room + "/out/results.json") as file:
            said = json.load(file)["worst_group"]
        assert abs(worst - said["after"]) < 1e-9 and worst > said["before"], (worst, said)
print("logits and worst group agree")
