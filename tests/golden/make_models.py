#!/usr/bin/env python3
"""Usage: make_models.py DIRECTORY: small models as other programs write them, with one head in all of them: weight[i][j] is
(4 i + j - 5) / 8 and bias[i] is (i - 1) / 4, for 3 outputs of 4 columns, which 16 bits hold exactly.

What the Python at hand can import is written: with PyTorch state dictionaries and ONNX, with safetensors the others. Made with
PyTorch 1.13 (Debian) and safetensors 0.8."""
import pathlib
import struct
import sys

out = pathlib.Path(sys.argv[1])
WEIGHT = [[(4 * i + j - 5) / 8 for j in range(4)] for i in range(3)]
BIAS = [(i - 1) / 4 for i in range(3)]


def write_torch():
    import torch
    from collections import OrderedDict

    torch.manual_seed(0)
    weight, bias = torch.tensor(WEIGHT), torch.tensor(BIAS)
    body = torch.nn.Sequential(OrderedDict(body=torch.nn.Linear(6, 4), norm=torch.nn.BatchNorm1d(4), relu=torch.nn.ReLU(),
                                           fc=torch.nn.Linear(4, 3))).eval()
    with torch.no_grad():
        body.fc.weight.copy_(weight), body.fc.bias.copy_(bias)
    state = body.state_dict()
    torch.save(state, out / "zip.pth")
    torch.save(state, out / "old.pth", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "state_dict": {"module." + k: v for k, v in state.items()}, "lr": [0.1, 0.01], "best": None},
               out / "checkpoint.pth")
    torch.save(state, out / "protocol4.pth", pickle_protocol=4)
    torch.save(state, out / "old4.pth", pickle_protocol=4, _use_new_zipfile_serialization=False)
    for name, kind in ("half", torch.float16), ("bfloat", torch.bfloat16), ("double", torch.float64):
        torch.save({"fc.weight": weight.to(kind), "fc.bias": bias.to(kind)}, out / f"{name}.pth")
    # a tensor that is a turned part of a larger storage, one that is a parameter, and two that are one
    large = torch.zeros(6, 5)
    large[1:5, 1:4] = weight.t()
    torch.save({"fc.weight": large[1:5, 1:4].t(), "fc.bias": torch.nn.Parameter(bias)}, out / "view.pth")
    torch.save({"fc.weight": weight, "fc.bias": bias, "tied": weight}, out / "tied.pth")
    torch.save(body, out / "whole.pth")
    torch.onnx.export(body, torch.zeros(2, 6), out / "gemm.onnx", input_names=["x"], output_names=["logits"],
                      dynamic_axes={"x": {0: "n"}, "logits": {0: "n"}})
    eyes = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, stride=2, padding=1), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1),
                               torch.nn.Flatten(), body.fc).eval()
    torch.onnx.export(eyes, torch.zeros(2, 3, 8, 8), out / "pictures.onnx", input_names=["image"], output_names=["logits"],
                      dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}})
    linear = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.ReLU(), body.fc)  # of three dimensions: MatMul and Add
    torch.onnx.export(linear, torch.zeros(2, 1, 6), out / "matmul.onnx", input_names=["x"], output_names=["logits"])


# ---- ONNX by hand, for what exporters no longer write ----


def varint(n):
    return bytes([n]) if n < 128 else bytes([n % 128 + 128]) + varint(n // 128)


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def tensor(name, shape, kind, numbers):
    return field(5, b"".join(field(1, size) for size in shape) + field(2, kind) + numbers + field(8, name))


def write_onnx():
    weight = [x for row in WEIGHT for x in row]
    turned = [WEIGHT[i][j] for j in range(4) for i in range(3)]
    floats = lambda numbers: b"".join(struct.pack("<f", x) for x in numbers)
    node = lambda *more: field(1, field(1, "x") + field(1, "W") + field(1, "b") + field(2, "y") + field(3, "last") + field(4, "Gemm")
                               + b"".join(more))
    value = lambda number, name, size: field(number, field(1, name) + field(2, field(1, field(1, 1) + field(
        2, field(1, field(1, 2)) + field(1, field(1, size))))))
    transposes = field(5, field(1, "transB") + field(3, 1) + field(20, 2))
    opset = field(8, field(2, 13))
    ends = field(2, "g") + value(11, "x", 4) + value(12, "y", 3)
    files = {
        # numbers one way and the other, and a graph in two parts, which a message may be
        "float_data.onnx": field(7, node() + ends + tensor("W", [4, 3], 1, field(4, floats(turned)))
                                 + tensor("b", [3], 1, field(4, floats(BIAS)))),
        "two_parts.onnx": field(7, tensor("W", [3, 4], 1, field(9, floats(weight)))
                                + tensor("b", [1, 3], 1, field(9, floats(BIAS)))) + field(7, node(transposes) + ends),
        "external.onnx": field(7, node(transposes) + ends + tensor("W", [3, 4], 1, field(14, 1))
                               + tensor("b", [3], 1, field(9, floats(BIAS)))),
        "shared.onnx": field(7, node(transposes) + node(transposes) + ends + tensor("W", [3, 4], 1, field(9, floats(weight)))
                             + tensor("b", [3], 1, field(9, floats(BIAS)))),
    }
    for name, content in files.items():
        (out / name).write_bytes(field(1, 7) + opset + content)


def write_safetensors():
    import numpy as np
    from safetensors import TensorSpec, serialize
    from safetensors.numpy import save_file

    weight, bias = np.array(WEIGHT), np.array(BIAS)
    for name, kind in ("f16", np.float16), ("f32", np.float32), ("f64", np.float64):
        save_file({"fc.weight": weight.astype(kind), "fc.bias": bias.astype(kind), "steps": np.arange(3)}, out / f"{name}.safetensors",
                  metadata={"format": "pt"})
    upper = [(x.astype("<f4").view("<u4") >> 16).astype("<u2") for x in (weight, bias)]
    (out / "bf16.safetensors").write_bytes(serialize({
        name: TensorSpec(dtype="bfloat16", shape=x.shape, data_ptr=x.ctypes.data, data_len=x.nbytes)
        for name, x in zip(("fc.weight", "fc.bias"), upper)}))
    save_file({"a.weight": weight, "b.weight": weight, "b.bias": bias}, out / "two.safetensors")


write_onnx()
for write in write_torch, write_safetensors:
    try:
        write()
    except ImportError as missing:
        print(missing, file=sys.stderr)
