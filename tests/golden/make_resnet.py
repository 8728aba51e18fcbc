#!/usr/bin/env python3
"""Trains a ResNet-20 with PyTorch for 20 steps and writes down every loss: what tests/unit/test_parity.c replays.

    make_resnet.py tests/golden

reads images.npy and labels.npy there (make_golden.py), and writes into resnet20/ images.npy (without the border of
two pixels, means of 3 x 3: 8 x 8) and into resnet20_14/ (means of 2 x 2: 14 x 14, where convolutions of the second stage, too, have tiles
enough for Winograd's products) order.npy, losses.csv, logits_init.npy, features_init.npy and logits_final.npy. Losses are those of training mode, outputs those of
evaluation mode, so the latter depend on the running averages of batch norm. Initial weights follow make_golden.py's formula
(batch norm: ones and zeros). The committed files come from PyTorch 1.13 on a CPU.

The order of examples is one with which PyTorch itself gives the same losses in single and in double precision, to 2e-7. With most others
a ReLU changes sides on the way, and the two part by some 1e-3 within 20 steps.
"""
import os
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

EPOCHS, BATCH, CLASSES, LR = 5, 24, 3, 0.0003
CASES = {"resnet20": (2, 3, 4), "resnet20_14": (0, 2, 0)}  # border, side of what is a pixel, seed of the order


def conv_norm(name, channels_in, channels, stride):
    return [(f"conv{name}", nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)), (f"bn{name}", nn.BatchNorm2d(channels))]


class Block(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.stride, self.more = stride, channels - channels_in
        for name, module in conv_norm("1", channels_in, channels, stride) + conv_norm("2", channels, channels, 1):
            self.add_module(name, module)

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        shortcut = functional.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more // 2, self.more // 2))
        return functional.relu(y + shortcut)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        for name, module in conv_norm("1", 3, 16, 1):
            self.add_module(name, module)
        for stage, channels in enumerate((16, 32, 64)):
            before = 16 if stage == 0 else channels // 2
            blocks = [Block(before, channels, 1 if stage == 0 else 2)] + [Block(channels, channels, 1) for _ in range(2)]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, CLASSES)

    def features(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x))).mean((2, 3))

    def forward(self, x):
        return self.linear(self.features(x))


def fill_by_formula(net):
    """As in make_golden.py, counting only the tensors of convolutions and of the linear layer."""
    tensors = [p for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear)) for p in m.parameters()]
    with torch.no_grad():
        for t, values in enumerate(tensors):
            state, bound = t + 1, 1 / 8 if t == 0 else 1 / 16
            flat = np.empty(values.numel(), np.float32)
            for k in range(len(flat)):
                state = (1664525 * state + 1013904223) % 2**32
                flat[k] = bound * ((state >> 8) / 2**23 - 1)
            values.copy_(torch.from_numpy(flat).view_as(values))


def write_outputs(out, net, x, when, with_features):
    net.eval()
    with torch.no_grad():
        np.save(os.path.join(out, f"logits_{when}.npy"), net(x).numpy())
        if with_features:
            np.save(os.path.join(out, f"features_{when}.npy"), net.features(x).numpy())
    net.train()


def shrink(images, border, side):
    inside = images[:, :, border:28 - border, border:28 - border]
    pixels = inside.shape[2] // side
    return np.rint(inside.reshape(len(images), 3, pixels, side, pixels, side).mean((3, 5))).astype(np.uint8)


def main(root):
    torch.set_num_threads(1)
    for name, (border, side, seed) in CASES.items():
        write_case(root, name, border, side, seed)


def write_case(root, name, border, side, seed):
    random = np.random.default_rng(seed)
    out = os.path.join(root, name)
    os.makedirs(out, exist_ok=True)
    images = shrink(np.load(os.path.join(root, "images.npy")), border, side)
    labels = np.load(os.path.join(root, "labels.npy"))
    np.save(os.path.join(out, "images.npy"), images)
    x, y = torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels)
    order = np.concatenate([random.permutation(len(images)) for _ in range(EPOCHS)])
    np.save(os.path.join(out, "order.npy"), order)
    net = ResNet20()
    fill_by_formula(net)
    sgd = torch.optim.SGD(net.parameters(), lr=LR, momentum=0.9, nesterov=True, weight_decay=0.0005)
    write_outputs(out, net, x, "init", True)
    with open(os.path.join(out, "losses.csv"), "w") as file:
        file.write("step,loss\n")
        for step, at in enumerate(range(0, len(order), BATCH)):
            batch = torch.from_numpy(order[at:at + BATCH])
            sgd.zero_grad()
            loss = functional.cross_entropy(net(x[batch]), y[batch])
            loss.backward()
            sgd.step()
            file.write(f"{step},{loss.item():.9g}\n")
    write_outputs(out, net, x, "final", False)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_resnet.py tests/golden")
    main(sys.argv[1])
