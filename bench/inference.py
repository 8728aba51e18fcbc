#!/usr/bin/env python3
"""Passes of networks of photographs by despur and by ONNX Runtime, alternating in one run.

usage: bench/inference.py [PEER] [--rounds N] [--threads N] [--only resnet18,resnet50,efficientnet_lite0]     (NumPy, ONNX Runtime)

PEER is build/peer (`ninja -C build peer`). Both sides have the same random images of 224 x 224 and the same random weights, which are
written as a file of either kind; logits must agree. Seconds are those of a pass over the batch, the shortest of all rounds; "busy" are
seconds of processors, which others who compute at the same time change little.
"""
import argparse
import json
import os
import subprocess
import tempfile
import time

import own_kernels  # noqa: F401  (first)
import numpy as np
import onnxruntime

from compare import write_safetensors

SIDE, CLASSES, TOLERANCE = 224, 1000, 1e-4
BLOCKS = {"resnet18": ((2, 2, 2, 2), False), "resnet50": ((3, 4, 6, 3), True)}
# of EfficientNet-Lite0: blocks, kernel, stride of the first, expansion, channels
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))


# ---- ONNX: fields of protocol buffers ----


def varint(n):
    return bytes([n]) if n < 128 else bytes([n % 128 + 128]) + varint(n // 128)


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def integers(name, values):
    return field(5, field(1, name) + b"".join(field(8, value) for value in values) + field(20, 7))


class Network:
    """A network with random weights: nodes of ONNX, tensors by their names, and constants that despur does not read."""

    def __init__(self, arch):
        self.random, self.nodes, self.tensors, self.constants = np.random.default_rng(1), [], {}, {}
        if arch in BLOCKS:
            self.residual(*BLOCKS[arch])
        else:
            self.efficientnet()

    def residual(self, blocks, bottleneck):
        """As torchvision has it."""
        x = self.relu(self.conv_norm("conv1", "bn1", "image", 3, 64, 7, 2))
        x = self.node("MaxPool", [x], integers("kernel_shape", (3, 3)) + integers("strides", (2, 2)) + integers("pads", (1, 1, 1, 1)))
        channels = 64
        for stage, count in enumerate(blocks):
            for i in range(count):
                width, stride = 64 << stage, 2 if stage and i == 0 else 1
                out = 4 * width if bottleneck else width
                sizes = ((width, 1, 1), (width, 3, stride), (out, 1, 1)) if bottleneck else ((width, 3, stride), (width, 3, 1))
                y, before, name = x, channels, f"layer{stage + 1}.{i}."
                for k, (size, kernel, step) in enumerate(sizes, 1):
                    y = self.conv_norm(f"{name}conv{k}", f"{name}bn{k}", y, before, size, kernel, step)
                    y, before = y if k == len(sizes) else self.relu(y), size
                if stride > 1 or out != channels:
                    x = self.conv_norm(f"{name}downsample.0", f"{name}downsample.1", x, channels, out, 1, stride)
                x, channels = self.relu(self.node("Add", [y, x])), out
        self.end(x, channels)

    def efficientnet(self):
        self.constants = {"zero": np.float32(0), "six": np.float32(6)}
        x, channels, number = self.relu6(self.conv_bias("stem", "image", 3, 32, 3, 2)), 32, 0
        for blocks, kernel, stride, expansion, out in STAGES:
            for i in range(blocks):
                name, wide, y = f"block{number}.", expansion * channels, x
                if expansion > 1:
                    y = self.relu6(self.conv_bias(name + "expand", y, channels, wide, 1, 1))
                y = self.relu6(self.conv_bias(name + "depthwise", y, 1, wide, kernel, 1 if i else stride, groups=wide))
                y = self.conv_bias(name + "project", y, wide, out, 1, 1)
                x, channels, number = self.node("Add", [y, x]) if i else y, out, number + 1
        self.end(self.relu6(self.conv_bias("head", x, channels, 1280, 1, 1)), 1280)

    def end(self, x, channels):
        x = self.node("Flatten", [self.node("GlobalAveragePool", [x])])
        self.draw("fc.weight", (CLASSES, channels), channels)
        self.tensors["fc.bias"] = np.zeros(CLASSES, np.float32)
        self.node("Gemm", [x, "fc.weight", "fc.bias"], field(5, field(1, "transB") + field(3, 1) + field(20, 2)), "logits")

    def node(self, kind, inputs, attributes=b"", out=None):
        out = out or f"v{len(self.nodes)}"
        self.nodes.append(b"".join(field(1, name) for name in inputs) + field(2, out) + field(4, kind) + attributes)
        return out

    def draw(self, name, shape, fan_in):
        self.tensors[name] = (self.random.standard_normal(shape) * np.sqrt(2 / fan_in)).astype(np.float32)

    def relu(self, x):
        return self.node("Relu", [x])

    def relu6(self, x):
        return self.node("Clip", [x, "zero", "six"])

    def conv_bias(self, name, x, channels_in, channels, kernel, stride, groups=1):
        """With TensorFlow's "same" padding of even sizes."""
        self.draw(f"{name}.weight", (channels, channels_in, kernel, kernel), channels_in * kernel * kernel)
        self.tensors[f"{name}.bias"] = self.random.uniform(-0.1, 0.1, channels).astype(np.float32)
        before = (kernel - stride) // 2
        behind = before + (stride - 1 if kernel > 1 else 0)
        return self.node("Conv", [x, f"{name}.weight", f"{name}.bias"], integers("kernel_shape", (kernel, kernel))
                         + integers("strides", (stride, stride)) + integers("pads", (before, before, behind, behind))
                         + field(5, field(1, "group") + field(3, groups) + field(20, 2)))

    def conv_norm(self, conv, norm, x, channels_in, channels, kernel, stride):
        self.draw(f"{conv}.weight", (channels, channels_in, kernel, kernel), channels_in * kernel * kernel)
        pad = kernel // 2
        x = self.node("Conv", [x, f"{conv}.weight"], integers("kernel_shape", (kernel, kernel)) + integers("strides", (stride, stride))
                      + integers("pads", (pad, pad, pad, pad)))
        names = [f"{norm}.{what}" for what in ("weight", "bias", "running_mean", "running_var")]
        for name, (low, high) in zip(names, ((0.3, 0.7), (-0.1, 0.1), (-0.1, 0.1), (0.5, 2))):
            self.tensors[name] = self.random.uniform(low, high, channels).astype(np.float32)
        return self.node("BatchNormalization", [x, *names])

    def onnx(self):
        def value(name, shape):
            return field(1, name) + field(2, field(1, field(1, 1) + field(2, b"".join(
                field(1, field(2, size) if isinstance(size, str) else field(1, size)) for size in shape))))

        tensors = (b"".join(field(1, size) for size in of.shape) + field(2, 1) + field(8, name) + field(9, of.tobytes())
                   for name, of in (self.tensors | self.constants).items())
        graph = b"".join(field(1, node) for node in self.nodes) + field(2, "network") + b"".join(field(5, t) for t in tensors)
        graph += field(11, value("image", ("n", 3, SIDE, SIDE))) + field(12, value("logits", ("n", CLASSES)))
        return field(1, 8) + field(7, graph) + field(8, field(2, 13))


def compare(arch, peer, batch, threads, rounds, folder):
    network = Network(arch)
    images = np.random.default_rng(2).standard_normal((batch, 3, SIDE, SIDE)).astype(np.float32)
    images.tofile(f"{folder}/images")
    write_safetensors(f"{folder}/init", network.tensors)
    with open(f"{folder}/model.onnx", "wb") as file:
        file.write(network.onnx())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"])

    def theirs():
        wall = busy = 1e9
        for _ in range(3):
            started, begun = time.perf_counter(), time.process_time()
            (logits,) = session.run(None, {"image": images})
            wall, busy = min(wall, time.perf_counter() - started), min(busy, time.process_time() - begun)
        return wall, busy, logits

    def ours():
        words = ["inference", f"{folder}/images", SIDE, CLASSES, arch, f"{folder}/init", batch, threads, f"{folder}/logits"]
        got = json.loads(subprocess.run([peer, *map(str, words)], check=True, stdout=subprocess.PIPE).stdout)
        return got["seconds"], got["processor"], np.fromfile(f"{folder}/logits", np.float32).reshape(batch, CLASSES)

    runs = {"despur": [], "ONNX Runtime": []}
    for _ in range(rounds):
        for label, run in (("despur", ours), ("ONNX Runtime", theirs)):
            runs[label].append(run())
        got, wanted = runs["despur"][-1][2], runs["ONNX Runtime"][-1][2]
        worst = np.abs(got - wanted).max() / np.abs(wanted).max()
        if not worst <= TOLERANCE:
            raise SystemExit(f"{arch}: logits differ by {worst:.1e}")
    best = {label: [min(run[k] for run in of) for k in range(2)] for label, of in runs.items()}
    print(f"{arch}, {SIDE} x {SIDE}, batch {batch}, {threads} thread{'s' * (threads > 1)}: milliseconds "
          f"(ONNX Runtime {onnxruntime.__version__}; logits within {worst:.0e})")
    for label, (wall, busy) in best.items():
        print(f"  {label:12} {1e3 * wall:7.1f}, busy {1e3 * busy:7.1f}")
    print(f"  {best['ONNX Runtime'][0] / best['despur'][0]:.2f} times ONNX Runtime's speed, "
          f"{best['ONNX Runtime'][1] / best['despur'][1]:.2f} times for each processor second")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", nargs="?", default="build/peer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--only", default="resnet18,resnet50,efficientnet_lite0")
    arguments = parser.parse_args()
    for arch in arguments.only.split(","):
        with tempfile.TemporaryDirectory() as folder:
            compare(arch, os.path.abspath(arguments.peer), arguments.batch, arguments.threads, arguments.rounds, folder)


if __name__ == "__main__":
    main()
