#!/usr/bin/env python3
"""Steps of networks by despur and by PyTorch, alternating in one run.

usage: bench/networks.py [PEER] [--rounds N] [--threads N] [--only resnet20,resnet18,mlp]     (NumPy, PyTorch)

PEER is build/peer (`ninja -C build peer`). Both sides have the same random images, initial weights and batches; the first losses must
agree. PyTorch is a lean loop as in bench/compare.py, plain and channels-last, and compiled where it can be; despur is compared with the
fastest. Seconds are those of a step, and of a pass outside of training, the shortest of all rounds; "busy" are seconds of processors,
which others who compute at the same time change little.
"""
import argparse
import json
import os
import subprocess
import tempfile
import time

import own_kernels  # noqa: F401  (first)
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from compare import write_safetensors

WORK = {"resnet20": (32, 128), "resnet18": (64, 64), "mlp": (28, 64)}  # side of the images, batch
STEPS, MLP_STEPS, TOLERANCE = 5, 40, 1e-3


def conv_norm(module, suffix, channels_in, channels, kernel, stride):
    module.add_module(f"conv{suffix}", nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, bias=False))
    module.add_module(f"bn{suffix}", nn.BatchNorm2d(channels))


class Block(nn.Module):
    def __init__(self, channels_in, channels, stride, projects):
        super().__init__()
        self.stride, self.more, self.downsample = stride, channels - channels_in, None
        conv_norm(self, "1", channels_in, channels, 3, stride)
        conv_norm(self, "2", channels, channels, 3, 1)
        if projects and self.more:
            self.downsample = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.downsample:
            x = self.downsample(x)
        elif self.more:
            x = functional.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more // 2, self.more // 2))
        return functional.relu(y + x)


class ResNet(nn.Module):
    def __init__(self, arch):
        super().__init__()
        self.small = arch == "resnet20"
        channels, blocks, stages = (16, 3, 3) if self.small else (64, 2, 4)
        conv_norm(self, "1", 3, channels, 3 if self.small else 7, 1 if self.small else 2)
        self.stages = []
        for stage in range(stages):
            width = channels << stage
            before = width // 2 if stage else width
            row = [Block(before if i == 0 else width, width, 2 if stage and i == 0 else 1, not self.small) for i in range(blocks)]
            self.stages.append(f"layer{stage + 1}")
            self.add_module(self.stages[-1], nn.Sequential(*row))
        self.head = "linear" if self.small else "fc"
        self.add_module(self.head, nn.Linear(width, 10))

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        if not self.small:
            x = functional.max_pool2d(x, 3, 2, 1)
        for name in self.stages:
            x = getattr(self, name)(x)
        return getattr(self, self.head)(x.mean((2, 3)))


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.classifier = nn.Linear(2352, 512), nn.Linear(512, 256), nn.Linear(256, 10)

    def forward(self, x):
        return self.classifier(functional.relu(self.fc2(functional.relu(self.fc1(torch.flatten(x, 1))))))


def network(arch):
    return MLP() if arch == "mlp" else ResNet(arch)


class Torch:
    """A lean loop over tensors in memory."""

    def __init__(self, arch, state, images, labels, batch, threads, channels_last, compiled):
        self.net, self.state, self.threads = network(arch), state, threads
        self.images, self.labels, self.batch = torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64)), batch
        if channels_last:
            self.net = self.net.to(memory_format=torch.channels_last)
            self.images = self.images.to(memory_format=torch.channels_last)
        self.forward = torch.compile(self.net) if compiled else self.net
        self.run()

    def run(self):
        """(seconds, processor seconds) of the shortest step, processor seconds of a pass in evaluation, losses."""
        torch.set_num_threads(self.threads)
        self.net.load_state_dict(self.state)
        fused = {"fused": True} if "fused" in torch.optim.SGD.__init__.__code__.co_varnames else {}
        sgd = torch.optim.SGD(self.net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.0005, **fused)
        wall, busy, losses = [], [], []
        self.net.train()
        for at in range(0, len(self.labels), self.batch):
            started, begun = time.perf_counter(), time.process_time()
            x, y = self.images[at:at + self.batch], self.labels[at:at + self.batch]
            sgd.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(self.forward(x), y)
            loss.backward()
            sgd.step()
            wall.append(time.perf_counter() - started)
            busy.append(time.process_time() - begun)
            losses.append(float(loss))
        self.net.eval()
        with torch.no_grad():
            passes = []
            for _ in range(3):
                begun = time.process_time()
                self.forward(self.images[:self.batch])
                passes.append(time.process_time() - begun)
        return min(wall[1:]), min(busy[1:]), min(passes), losses


def options():
    plain = {"channels_last": False, "compiled": False}
    yield "plain", plain
    yield "channels last", {**plain, "channels_last": True}
    if hasattr(torch, "compile"):
        yield "compiled", {**plain, "compiled": True}


def compare(arch, peer, threads, rounds, folder):
    side, batch = WORK[arch]
    random = np.random.default_rng(1)
    steps = MLP_STEPS if arch == "mlp" else STEPS
    images = random.standard_normal((steps * batch, 3, side, side)).astype(np.float32)
    labels = random.integers(10, size=steps * batch).astype(np.uint32)
    torch.manual_seed(1)
    state = {name: value.clone() for name, value in network(arch).state_dict().items()}
    write_safetensors(f"{folder}/init", {name: value.numpy() for name, value in state.items() if value.dim() > 0})
    images.tofile(f"{folder}/images")
    labels.tofile(f"{folder}/labels")

    def ours():
        words = ["steps", f"{folder}/images", side, f"{folder}/labels", arch, f"{folder}/init", batch, threads, f"{folder}/losses"]
        got = json.loads(subprocess.run([peer, *map(str, words)], check=True, stdout=subprocess.PIPE).stdout)
        return got["seconds"], got["processor"], got["inference"], np.fromfile(f"{folder}/losses")

    sides = {}
    for label, keywords in options():
        try:
            sides[label] = Torch(arch, state, images, labels, batch, threads, **keywords).run
        except Exception as reason:  # no compiler, say
            print(f"PyTorch, {label}: left out ({str(reason).splitlines()[0][:100]})")
    wanted, runs = ours()[3], {label: [] for label in ("despur", *sides)}
    for _ in range(rounds):
        for label, run in {"despur": ours, **sides}.items():
            runs[label].append(run())
            worst = np.abs(np.array(runs[label][-1][3][:2]) / wanted[:2] - 1).max()
            if worst > TOLERANCE:
                raise SystemExit(f"{arch}, {label}: the first losses differ by {worst:.1e}")
    best = {label: [min(run[k] for run in of) for k in range(3)] for label, of in runs.items()}
    print(f"\n{arch}, {side} x {side}, batch {batch}, {threads} thread{'s' * (threads > 1)}: milliseconds (PyTorch {torch.__version__})")
    for label, (wall, busy, inference) in best.items():
        print(f"  {label:14} step {1e3 * wall:7.1f}, busy {1e3 * busy:7.1f}; inference, busy {1e3 * inference:7.1f}")
    for k, what in enumerate(("step", "step, busy", "inference, busy")):
        print(f"  {what}: {min(best[label][k] for label in sides) / best['despur'][k]:.2f} times PyTorch's fastest")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", nargs="?", default="build/peer")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="resnet20,resnet18,mlp")
    arguments = parser.parse_args()
    for arch in arguments.only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            compare(arch, os.path.abspath(arguments.peer), arguments.threads, arguments.rounds, folder)


if __name__ == "__main__":
    main()
