#!/usr/bin/env python3
"""Trains a LeNet and an MLP with PyTorch and writes down every loss: what tests/unit/test_parity.c replays.

The images are despur's own digits, so that the files may be given to anyone:

    despur data export data.images=digits data.digits_train=100 data.digits_test=20 data.strength=0.8 \\
        "data.classes=[[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]" --out exported
    make_golden.py exported tests/golden

Needs torch and numpy; the committed files come from PyTorch 2.15 on a CPU. Written are, beside images.npy and
labels.npy, for each network order.npy (the examples of all batches), losses.csv (mean cross entropy of each step,
before its update), logits_init.npy, features_init.npy and logits_final.npy (of all images), and for the LeNet
init.safetensors. The MLP's initial weights follow a formula that the test knows too: they would be large.
"""
import json
import os
import struct
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

EXAMPLES, EPOCHS, BATCH = 96, 10, 25  # the last batch has 10 examples
CLASSES = 3


def lenet():
    conv = lambda name, *sizes, **more: (name, nn.Conv2d(*sizes, **more))
    return [[conv("conv1", 3, 6, 5, padding=2), ("relu1", nn.ReLU()), ("pool1", nn.MaxPool2d(2)),
             conv("conv2", 6, 16, 5), ("relu2", nn.ReLU()), ("pool2", nn.MaxPool2d(2)), ("flat", nn.Flatten()),
             ("fc1", nn.Linear(400, 120)), ("relu3", nn.ReLU()), ("fc2", nn.Linear(120, 84)), ("relu4", nn.ReLU())],
            ("classifier", nn.Linear(84, CLASSES))]


def mlp():
    return [[("flat", nn.Flatten()), ("fc1", nn.Linear(64, 512)), ("relu1", nn.ReLU()),
             ("fc2", nn.Linear(512, 256)), ("relu2", nn.ReLU())],
            ("classifier", nn.Linear(256, CLASSES))]


class Network(nn.Module):
    """Two parts under the names of the tensors: what computes the features, and the classifier."""

    def __init__(self, parts):
        super().__init__()
        self.body = [name for name, _ in parts[0]]
        for name, module in parts[0] + [parts[1]]:
            self.add_module(name, module)

    def features(self, x):
        for name in self.body:
            x = getattr(self, name)(x)
        return x

    def forward(self, x):
        return self.classifier(self.features(x))


def fill_by_formula(net):
    """Tensor number t from 0: s = t + 1, then for each value s = 1664525 s + 1013904223 modulo 2^32 and
    bound * ((s >> 8) / 2^23 - 1), with bound 1/8 for fc1 and 1/16 for the others. Exact in float32."""
    with torch.no_grad():
        for t, (name, values) in enumerate(net.named_parameters()):
            state, bound = t + 1, 1 / 8 if name.startswith("fc1.") else 1 / 16
            flat = np.empty(values.numel(), np.float32)
            for k in range(len(flat)):
                state = (1664525 * state + 1013904223) % 2**32
                flat[k] = bound * ((state >> 8) / 2**23 - 1)
            values.copy_(torch.from_numpy(flat).view_as(values))


def write_safetensors(path, net):
    header, data = {}, b""
    for name, values in net.state_dict().items():
        piece = values.numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_outputs(out, net, x, when, with_features):
    with torch.no_grad():
        np.save(os.path.join(out, f"logits_{when}.npy"), net(x).numpy())
        if with_features:
            np.save(os.path.join(out, f"features_{when}.npy"), net.features(x).numpy())


def train(out, net, optimizer, images, labels, order):
    x, y = torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels)
    np.save(os.path.join(out, "order.npy"), order)
    write_outputs(out, net, x, "init", True)
    with open(os.path.join(out, "losses.csv"), "w") as file:
        file.write("step,loss\n")
        for step, at in enumerate(range(0, len(order), BATCH)):
            batch = torch.from_numpy(order[at:at + BATCH])
            optimizer.zero_grad()
            loss = functional.cross_entropy(net(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            file.write(f"{step},{loss.item():.9g}\n")
    write_outputs(out, net, x, "final", False)


def shrink(images):
    """Grey, without the border of two pixels, means of 3 x 3: [n, 3, 28, 28] to [n, 1, 8, 8]."""
    grey = images[:, :, 2:26, 2:26].reshape(len(images), 3, 8, 3, 8, 3).mean((1, 3, 5))
    return np.rint(grey).astype(np.uint8)[:, None]


def main(exported, out):
    torch.manual_seed(1)
    torch.set_num_threads(1)
    random = np.random.default_rng(1)
    images = np.load(os.path.join(exported, "images.npy"))[:EXAMPLES]
    labels = np.load(os.path.join(exported, "labels.npy"))[:EXAMPLES]
    order = np.concatenate([random.permutation(EXAMPLES) for _ in range(EPOCHS)])
    small = shrink(images)
    for name in ("lenet", "mlp"):
        os.makedirs(os.path.join(out, name), exist_ok=True)
    np.save(os.path.join(out, "images.npy"), images)
    np.save(os.path.join(out, "labels.npy"), labels)
    np.save(os.path.join(out, "mlp", "images.npy"), small)

    net = Network(lenet())
    write_safetensors(os.path.join(out, "lenet", "init.safetensors"), net)
    sgd = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.001)
    train(os.path.join(out, "lenet"), net, sgd, images, labels, order)

    net = Network(mlp())
    fill_by_formula(net)
    adam = torch.optim.AdamW(net.parameters(), lr=0.001, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.05)
    train(os.path.join(out, "mlp"), net, adam, small, labels, order)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: make_golden.py EXPORTED OUT")
    main(*sys.argv[1:])
