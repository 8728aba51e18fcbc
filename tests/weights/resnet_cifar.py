#!/usr/bin/env python3
"""Usage: resnet_cifar.py DESPUR SHARED: the published ResNet-20 and ResNet-56 on the test pictures of CIFAR-10.

SHARED has resnet_cifar10_weights (float32 with a JSON of names and offsets, trained by others with PyTorch) and
cifar10_jpeg (lossy pictures). Both networks must be as good as PyTorch finds them there: 81.0 and 83.2 % of the 10,000 are right. They
are read as a folder. Exits with 77 where the files are missing.
"""
import csv
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import zipfile

NETWORKS = [("resnet20", "resnet20-12fca82f", 0.810), ("resnet56", "resnet56-4bfd9763", 0.832)]


def write_safetensors(path, stem):
    with open(stem + ".json") as file:
        tensors = json.load(file)["tensors"]
    with open(stem + ".f32.bin", "rb") as file:
        data = file.read()
    header = {}
    for t in tensors:
        length = 4 * math.prod(t["shape"])
        header[t["name"]] = {"dtype": "F32", "shape": t["shape"], "data_offsets": [t["offset"], t["offset"] + length]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_pictures(room, archive):
    """A run wants training examples, too: the first picture of each class stands for them."""
    with zipfile.ZipFile(archive) as pictures:
        names = pictures.namelist()
        wanted = [n for n in names if n.startswith("test/")] + [n for n in names if n.startswith("train/") and n.endswith("/0000.jpg")]
        pictures.extractall(os.path.join(room, "cifar"), wanted)


def accuracy(despur, room, arch):
    out = os.path.join(room, arch)
    config = os.path.join(room, arch + ".yaml")
    with open(config, "w") as file:
        file.write(f"""name: {arch}
data: {{source: pictures, folder: {room}/cifar, size: 32, cache: {room}/cache}}
model: {{arch: {arch}, init: {room}/{arch}.safetensors, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}}
train: {{method: erm, epochs: 0, batch_size: 32}}
""")
    subprocess.run([despur, "run", config, "--out", out], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(out, "predictions.csv")) as file:
        rows = list(csv.DictReader(file))
    return sum(row["y"] == row["prediction"] for row in rows) / len(rows), len(rows)


def main(despur, shared):
    weights, archive = os.path.join(shared, "resnet_cifar10_weights"), os.path.join(shared, "cifar10_jpeg", "cifar10_jpeg.zip")
    if not os.path.isdir(weights) or not os.path.exists(archive):
        sys.exit(77)
    with tempfile.TemporaryDirectory() as room:
        write_pictures(room, archive)
        for arch, stem, wanted in NETWORKS:
            write_safetensors(os.path.join(room, arch + ".safetensors"), os.path.join(weights, stem))
            found, count = accuracy(os.path.abspath(despur), room, arch)
            print(f"figure: {arch}: {100 * found:.2f} % of {count} pictures")
            if count != 10000 or abs(found - wanted) > 0.0005 + 1e-9:
                sys.exit(f"{arch}: expected {100 * wanted:.1f} %, found {100 * found:.2f} %")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: resnet_cifar.py DESPUR SHARED")
    main(*sys.argv[1:])
