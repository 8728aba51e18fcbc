#!/usr/bin/env python3
"""Grad-CAM by PyTorch's automatic differentiation: what tests/unit/test_cam.c compares with.

    make_cam.py tests/golden

Reads images.npy, labels.npy and lenet/init.safetensors there (see make_golden.py) and writes cam/*.npy, float32:
for the first EXAMPLES images and each case LAYER_TARGET, raw_CASE [n, h, w], the map as large as the layer, and
map_CASE [n, 28, 28], enlarged bilinearly (corners not aligned) and divided by its maximum; and enlarged.npy, a
small array of odd size enlarged and reduced. The committed files come from PyTorch 1.13 on a CPU.
"""
import os
import sys

import numpy as np
import torch
from torch.nn import functional

from make_golden import CLASSES, Network, lenet

EXAMPLES = 5
CASES = {"conv1_label": ("relu1", "label"), "conv2_prediction": ("relu2", "prediction"), "conv2_1": ("relu2", 1),
         "conv2_all": ("relu2", "all")}


def read_safetensors(path):
    import json
    import struct
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    return {name: torch.from_numpy(np.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]).copy())
            for name, entry in header.items() if name != "__metadata__"}


def activation_and_logits(net, x, layer):
    for name in net.body:
        x = getattr(net, name)(x)
        if name == layer:
            x.retain_grad()
            activation = x
    return activation, net.classifier(x)


def raw_map(net, x, labels, layer, target):
    """[n, 1, h, w], as large as the layer; target "all": the sum of the maps of all classes."""
    if target == "all":
        return sum(raw_map(net, x, labels, layer, c) for c in range(CLASSES))
    activation, logits = activation_and_logits(net, x, layer)
    chosen = {"label": labels, "prediction": logits.argmax(1)}.get(target)
    if chosen is None:
        chosen = torch.full_like(labels, target)
    logits[torch.arange(len(x)), chosen].sum().backward()
    weights = activation.grad.mean((2, 3), keepdim=True)
    return torch.relu((weights * activation).sum(1, keepdim=True))


def grad_cam(net, x, labels, layer, target):
    raw = raw_map(net, x, labels, layer, target)
    large = functional.interpolate(raw, size=x.shape[2:], mode="bilinear", align_corners=False)
    top = large.amax((2, 3), keepdim=True)
    return raw[:, 0].detach(), torch.where(top > 0, large / top, large)[:, 0].detach()


def main(golden):
    out = os.path.join(golden, "cam")
    os.makedirs(out, exist_ok=True)
    x = torch.from_numpy(np.load(os.path.join(golden, "images.npy"))[:EXAMPLES].astype(np.float32) / 255)
    labels = torch.from_numpy(np.load(os.path.join(golden, "labels.npy"))[:EXAMPLES])
    net = Network(lenet())
    net.load_state_dict(read_safetensors(os.path.join(golden, "lenet", "init.safetensors")))
    for name, (layer, target) in CASES.items():
        raw, enlarged = grad_cam(net, x.clone().requires_grad_(), labels, layer, target)
        if target != "all":
            np.save(os.path.join(out, f"raw_{name}.npy"), raw.numpy())
        np.save(os.path.join(out, f"map_{name}.npy"), enlarged.numpy())
    small = torch.from_numpy(np.random.default_rng(1).random((1, 1, 5, 7), np.float32))
    np.save(os.path.join(out, "small.npy"), small[0, 0].numpy())
    for name, size in {"larger": (11, 9), "smaller": (3, 2)}.items():
        resized = functional.interpolate(small, size=size, mode="bilinear", align_corners=False)
        np.save(os.path.join(out, f"{name}.npy"), resized[0, 0].numpy())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_cam.py GOLDEN")
    main(sys.argv[1])
