#!/usr/bin/env python3
"""Heads of ONNX models and of 16-bit files through `despur repair`: nothing but the head changes, and it comes back in its type.

usage: repair_onnx.py DESPUR [SHARED]

A small ONNX model is drawn here, byte by byte. Where this Python has ONNX Runtime and NumPy, that gives the logits of the patched
file, to 1e-5, and the worst group on the page. SHARED/models/efficientnet-lite0.onnx is repaired as well, where it is there (with ONNX
Runtime its logits are computed, too). Everything else needs nothing beside Python.
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import zipfile

from tiny_onnx import field

DESPUR = os.path.abspath(sys.argv[1])
SHARED = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else ""
ROWS, INPUTS, FEATURES, CLASSES = 300, 5, 8, 2

try:
    import numpy as np
    import onnxruntime
except ImportError:
    np = onnxruntime = None


def single(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


# ---- a model ----


def gemm(x, layer, y):
    attribute = field(5, field(1, "transB") + field(3, 1) + field(20, 2))
    return field(1, field(1, x) + field(1, layer + ".weight") + field(1, layer + ".bias") + field(2, y) + field(3, layer) + field(4, "Gemm")
                 + attribute)


def tensor(name, rows):
    shape = [len(rows)] + ([len(rows[0])] if isinstance(rows[0], list) else [])
    flat = [x for row in rows for x in row] if len(shape) == 2 else rows
    return field(5, b"".join(field(1, n) for n in shape) + field(2, 1) + field(8, name) + field(9, struct.pack("<%df" % len(flat), *flat)))


def value(number, name, size):
    dimensions = field(1, field(2, "n")) + field(1, field(1, size))
    return field(number, field(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions))))


def draw_model(body, head):
    relu = field(1, field(1, "z") + field(2, "features") + field(3, "act") + field(4, "Relu"))
    graph = gemm("x", "body", "z") + relu + gemm("features", "fc", "logits") + field(2, "small")
    for name, (weight, bias) in (("body", body), ("fc", head)):
        graph += tensor(name + ".weight", weight) + tensor(name + ".bias", bias)
    return field(1, 7) + field(7, graph + value(11, "x", INPUTS) + value(12, "logits", CLASSES)) + field(8, field(2, 13))


# ---- arrays ----


def save(name, kind, shape, numbers):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(name, "wb") as out:
        out.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode())
        out.write(struct.pack("<%d%s" % (len(numbers), {"<f4": "f", "|u1": "B", "<i8": "q"}[kind]), *numbers))


def read_head(path):
    """Bytes of the float32 arrays in head.npz."""
    with zipfile.ZipFile(path) as file:
        return [file.read(name + ".npy").split(b"\n", 1)[1] for name in ("weight", "bias")]


def repair(*words):
    done = subprocess.run([DESPUR, "repair", "x.npy", "--labels", "y.npy", "--splits", "s.npy", *words, "--force"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def find(whole, part):
    at = whole.find(part)
    assert at >= 0 and whole.find(part, at + 1) < 0
    return at


def only_head_changed(before, after, old, new):
    """All bytes but those of the old head are the same, and where it was the new one is."""
    wanted = bytearray(before)
    for was, now in zip(old, new):
        at = find(before, was)
        wanted[at:at + len(was)] = now
    assert len(was) == len(now) and bytes(wanted) == after, "other bytes have changed"
    assert before != after


# ---- a small model ----


def draw_data(stream):
    y = [stream.randrange(2) for _ in range(ROWS)]
    s = [3 * i // ROWS for i in range(ROWS)]
    a = [label if stream.random() < (0.9 if split == 0 else 0.5) else 1 - label for label, split in zip(y, s)]
    x = [[single(stream.gauss(0, 1) + (j == 0) * 2 * label + (j == 1) * 5 * attribute) for j in range(INPUTS)] for label, attribute in zip(y, a)]
    return x, y, a, s


def small_model():
    stream = random.Random(0)
    x, y, a, s = draw_data(stream)
    layer = lambda outputs, inputs: ([[single(stream.gauss(0, 0.5)) for _ in range(inputs)] for _ in range(outputs)],
                                     [single(stream.gauss(0, 0.5)) for _ in range(outputs)])
    body, head = layer(FEATURES, INPUTS), layer(CLASSES, FEATURES)
    features = [[max(0.0, bias + sum(w * v for w, v in zip(weight, row))) for weight, bias in zip(*body)] for row in x]
    save("x.npy", "<f4", (ROWS, FEATURES), [v for row in features for v in row])
    for name, numbers in (("y", y), ("a", a), ("s", s)):
        save(name + ".npy", "|u1", (ROWS,), numbers)
    model = draw_model(body, head)
    with open("model.onnx", "wb") as out:
        out.write(model)
    repair("--attributes", "a.npy", "--head", "model.onnx:fc", "--patch", "model.onnx", "--method", "balanced", "l2=0.01", "--out", "out")
    patched = open("out/model.onnx", "rb").read()
    old = [struct.pack("<%df" % (CLASSES * FEATURES), *(w for row in head[0] for w in row)), struct.pack("<%df" % CLASSES, *head[1])]
    only_head_changed(model, patched, old, read_head("out/head.npz"))
    print("a small model: nothing but the head has changed")
    if onnxruntime:
        logits = onnxruntime.InferenceSession("out/model.onnx").run(None, {"x": np.array(x, np.float32)})[0]
        weight, bias = (np.load("out/head.npz")[name].astype(float) for name in ("weight", "bias"))
        assert abs(logits - (np.array(features) @ weight.T + bias)).max() < 1e-5
        right, y, a, s = logits.argmax(1) == y, np.array(y), np.array(a), np.array(s)
        worst = min(right[(s == 2) & (y == i) & (a == j)].mean() for i in (0, 1) for j in (0, 1))
        said = json.load(open("out/results.json"))["worst_group"]
        assert abs(worst - said["after"]) < 1e-9 and worst > said["before"], (worst, said)
        print("a small model: ONNX Runtime's logits and worst group are despur's")


# ---- 16 bits ----


def bfloat(x):
    return struct.pack("<f", x)[2:]


def narrow_heads():
    stream = random.Random(1)
    for kind, pack in (("F16", lambda x: struct.pack("<e", x)), ("BF16", bfloat)):
        numbers = [stream.gauss(0, 1) for _ in range(CLASSES * FEATURES + CLASSES)]
        old = [b"".join(map(pack, part)) for part in (numbers[:-CLASSES], numbers[-CLASSES:])]
        steps = struct.pack("<3q", 1, 2, 3)
        ends = [len(old[0]), len(old[0]) + len(old[1]), len(old[0]) + len(old[1]) + len(steps)]
        header = json.dumps({"fc.weight": {"dtype": kind, "shape": [CLASSES, FEATURES], "data_offsets": [0, ends[0]]},
                             "fc.bias": {"dtype": kind, "shape": [CLASSES], "data_offsets": ends[:2]},
                             "steps": {"dtype": "I64", "shape": [3], "data_offsets": ends[1:]}}).encode()
        header += b" " * (-len(header) % 8)
        model = struct.pack("<Q", len(header)) + header + b"".join(old) + steps
        with open("narrow.safetensors", "wb") as out:
            out.write(model)
        repair("--attributes", "a.npy", "--head", "narrow.safetensors:fc", "--patch", "narrow.safetensors", "--method", "balanced", "l2=0.01",
               "--out", "narrow")
        alone = open("narrow/head.safetensors", "rb").read()
        length = struct.unpack("<Q", alone[:8])[0]
        said = json.loads(alone[8:8 + length])
        assert all(said[name]["dtype"] == kind for name in ("fc.weight", "fc.bias")), said
        body = alone[8 + length:]
        only_head_changed(model, open("narrow/model.safetensors", "rb").read(), old, [body[:ends[0]], body[ends[0]:ends[1]]])
        floats = struct.unpack("<%df" % (CLASSES * FEATURES), read_head("narrow/head.npz")[0])
        near = [struct.unpack("<e", body[2 * i:2 * i + 2])[0] if kind == "F16" else struct.unpack("<f", b"\0\0" + body[2 * i:2 * i + 2])[0]
                for i in range(CLASSES * FEATURES)]
        assert all(abs(u - v) <= 2**-8 * abs(u) + 1e-7 for u, v in zip(floats, near))
    print("heads of 16 bits come back as they came")


# ---- EfficientNet ----


def large_model(path):
    classes, columns, count = 1000, 1280, 1100
    stream = random.Random(2)
    save("x.npy", "<f4", (count, columns), [stream.random() for _ in range(count * columns)])
    labels = [i % classes for i in range(count)]
    save("y.npy", "<i8", (count,), labels)
    save("s.npy", "|u1", (count,), [0 if i < classes else 1 + i % 2 for i in range(count)])
    repair("--head", path, "--patch", path, "--method", "erm", "l2=10", "select=average", "--out", "large")
    before, after = open(path, "rb").read(), open("large/model.onnx", "rb").read()
    new = read_head("large/head.npz")
    assert len(before) == len(after)
    places = [find(after, part) for part in new]
    kept, begin = bytearray(after), 0
    for at, part in zip(places, new):
        kept[at:at + len(part)] = before[at:at + len(part)]
    assert bytes(kept) == before and before != after
    print("EfficientNet: nothing but the head has changed")
    if not onnxruntime:
        return
    pictures = np.random.RandomState(0).randint(0, 256, size=(3, 3, 224, 224)).astype(np.uint8)
    np.save("pictures.npy", pictures)
    library = os.path.join(os.path.dirname(onnxruntime.__file__), "capi")
    library = [os.path.join(library, name) for name in os.listdir(library) if name.startswith("libonnxruntime.so")][0]
    subprocess.run([DESPUR, "features", path, "pictures.npy", "--preprocess", "lite", "--out", "f.npy", "--quiet"], check=True,
                   env={**os.environ, "DESPUR_ONNXRUNTIME": library})
    features = np.load("f.npy").astype(float).reshape(3, columns)
    weight, bias = (np.load("large/head.npz")[name].astype(float) for name in ("weight", "bias"))
    session = onnxruntime.InferenceSession("large/model.onnx")
    entry = session.get_inputs()[0]
    pixels = (pictures.astype(np.float32) - 127) / 128
    if entry.shape[-1] == 3:
        pixels = pixels.transpose(0, 2, 3, 1)
    outputs = [session.run(None, {entry.name: pixels[i:i + 1]}) for i in range(3)]
    got = np.concatenate([next(o for o in output if o.shape[-1] == classes).reshape(1, classes) for output in outputs])
    wanted = features @ weight.T + bias
    if abs(got.sum(1) - 1).max() < 1e-3 and (got > 0).all():  # the model ends with a softmax: logits up to a constant
        got = np.log(got.astype(float))
        got -= got.mean(1, keepdims=True)
        wanted -= wanted.mean(1, keepdims=True)
    difference = abs(got - wanted).max()
    assert difference < 1e-5, difference
    print("EfficientNet: ONNX Runtime's logits of the patched file agree to %.1g" % difference)


with tempfile.TemporaryDirectory() as room:
    os.chdir(room)
    small_model()
    narrow_heads()
    large = SHARED + "/models/efficientnet-lite0.onnx"
    if os.path.exists(large):
        large_model(large)
    else:
        print("skipped: there is no EfficientNet")
