#!/usr/bin/env python3
"""Usage: engines_test.py onnxruntime|torch DESPUR EXCHANGE: ONNX Runtime or PyTorch run what despur has made of their models.
Skipped (exit 77) where this Python does not have it.

Features of `despur features` are those of ONNX Runtime called from Python, for any number of threads. Models whose last layer was
exchanged are loaded by the program that they belong to and give the logits of the new layer."""
import csv
import glob
import json
import os
import struct
import subprocess
import sys
import tempfile

DESPUR, EXCHANGE = (os.path.abspath(path) for path in sys.argv[2:])
GOLDEN = os.path.abspath("tests/golden/models")
ROWS, COLUMNS = 3, 4
WEIGHT = [[(3 * i - 2 * j) / 16 for j in range(COLUMNS)] for i in range(ROWS)]
BIAS = [0.5, -0.25, 2]


def write_head(path, weight, bias):
    numbers = [x for row in WEIGHT for x in row] + BIAS
    header = json.dumps({weight: {"dtype": "F32", "shape": [ROWS, COLUMNS], "data_offsets": [0, 48]},
                         bias: {"dtype": "F32", "shape": [ROWS], "data_offsets": [48, 60]}}).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + struct.pack("<15f", *numbers))


def exchange(model, out):
    subprocess.run([EXCHANGE, f"{GOLDEN}/{model}", out, "head.safetensors"], check=True)


def check_sizes(model, images):
    """Pictures of another size, and from a folder, are what Pillow makes of them."""
    import numpy as np
    from PIL import Image
    tall = np.random.default_rng(1).integers(0, 256, (40, 3, 30, 21)).astype(np.uint8)
    fitted = []
    os.makedirs("folder/one")
    for i, picture in enumerate(tall):
        picture = Image.fromarray(picture.transpose(1, 2, 0))
        picture.save(f"folder/one/{i:02}.png")
        small = picture.resize((10, 14), Image.BICUBIC)  # the shorter side to 10, the other in proportion, rounded down
        fitted.append(np.asarray(small.crop((1, 3, 9, 11))).transpose(2, 0, 1))
    np.save("tall.npy", tall)
    np.save("fitted.npy", np.stack(fitted))
    options = ["--shorter", "10", "--filter", "bicubic", "--quiet"]
    os.environ["XDG_CACHE_HOME"] = os.getcwd()
    for pictures, more in ("tall.npy", options), ("fitted.npy", ["--quiet"]), ("folder", options):
        subprocess.run([DESPUR, "features", model, pictures, "--out", pictures + "_f.npy", *more], check=True)
    wanted = open("fitted.npy_f.npy", "rb").read()
    assert wanted == open("tall.npy_f.npy", "rb").read() == open("folder_f.npy", "rb").read()


def check_audit(model, onnxruntime, seen_of):
    """An audit of a folder has the features and the predictions that ONNX Runtime gives for its pictures."""
    import numpy as np
    from PIL import Image
    pictures = np.random.default_rng(2).integers(0, 256, (300, 8, 8, 3)).astype(np.uint8)
    for i, picture in enumerate(pictures):
        os.makedirs(f"classes/{'abc'[i % 3]}", exist_ok=True)
        Image.fromarray(picture).save(f"classes/{'abc'[i % 3]}/{i:03}.png")
    for out, more in ("own", ["--model-predicts"]), ("fitted", []):
        said = subprocess.run([DESPUR, "audit", "classes", "--model", model, "--out", out, *more], capture_output=True, text=True)
        assert said.returncode in (0, 5), said
        assert ("predictions: its own" in said.stdout) == (out == "own"), said
    rows = [line.split(",") for line in open("own/features.npy.csv").read().splitlines()]
    assert rows[0] == ["filename", "y"] and {tuple(row) for row in rows[1:]} == {
        (f"{'abc'[i % 3]}/{i:03}.png", "abc"[i % 3]) for i in range(300)}, rows[:3]
    order = [int(name[2:5]) for name, _ in rows[1:]]
    wanted, = onnxruntime.InferenceSession(model).run(None, {"image": seen_of(pictures[order].transpose(0, 3, 1, 2))})
    with open("own/groups.csv", newline="") as file:
        said = [row["prediction"] for row in csv.DictReader(file)]
    assert said == ["abc"[k] for k in wanted.argmax(1)], said[:9]
    subprocess.run([DESPUR, "features", model, "classes", "--out", "classes_f.npy", "--quiet"], check=True)
    for i, picture in enumerate(pictures[:40]):  # class/attribute, which could be environment/class
        os.makedirs(f"within/{'xy'[i % 2]}/{'pq'[i // 2 % 2]}", exist_ok=True)
        Image.fromarray(picture).save(f"within/{'xy'[i % 2]}/{'pq'[i // 2 % 2]}/{i:02}.png")
    for out, layout, class_at, other_at in ("guessed", [], 1, 0), ("named", ["--layout", "imagefolder"], 0, 1):
        subprocess.run([DESPUR, "audit", "within", "--model", model, "--out", out, *layout], stdout=subprocess.DEVNULL)
        with open(f"{out}/features.npy.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 40 and all([row["y"], row["a"]] == [row["filename"].split("/")[k] for k in (class_at, other_at)] for row in rows), rows[0]
    said = subprocess.run([DESPUR, "features", model, "images.npy", "--layout", "imagefolder", "--out", "no.npy"], capture_output=True, text=True)
    assert said.returncode == 3 and "images.npy: a layout is of a folder of pictures" in said.stderr, said
    said = subprocess.run([DESPUR, "features", model, "classes", "--layout", "imagefolders", "--out", "no.npy"], capture_output=True, text=True)
    assert said.returncode == 2 and "imagefolder" in said.stderr and not os.path.exists("no.npy"), said
    with open("classes/a/broken.png", "w") as file:
        file.write("no picture")
    for verb in ["features", model, "classes", "--out", "broken.npy"], ["audit", "classes", "--model", model]:
        said = subprocess.run([DESPUR, *verb], capture_output=True, text=True)
        assert said.returncode == 3 and "1 of 301 pictures cannot be read" in said.stderr and "--skip-unreadable" in said.stderr, said
    said = subprocess.run([DESPUR, "audit", "classes", "--model", model, "--skip-unreadable", "--out", "skipped"], capture_output=True, text=True)
    assert said.returncode in (0, 5), said
    assert open("skipped/features.npy", "rb").read() == open("classes_f.npy", "rb").read()
    features = open("classes_f.npy", "rb").read()
    assert features == open("own/features.npy", "rb").read() == open("fitted/features.npy", "rb").read()
    said = subprocess.run([DESPUR, "audit", "folder", "--model", model, "--model-predicts"], capture_output=True, text=True)
    assert said.returncode == 3 and "it has 3 outputs, and folder 1 classes" in said.stderr, said


def check_activation_maps(model, onnxruntime, seen, logits, head):
    """Class activation maps are the last layer's weights applied to every place of what is averaged, which ONNX Runtime gives."""
    import numpy as np
    field = lambda number, content: bytes([number << 3 | 2, len(content)]) + content
    more = open(model, "rb").read() + field(7, field(12, field(1, b"/1/Relu_output_0")))
    places = onnxruntime.InferenceSession(more).run(["/1/Relu_output_0"], {"image": seen})[0]
    subprocess.run([DESPUR, "features", model, "images.npy", "--out", "d.npy", "--maps", "d_maps.npy", "--quiet"], check=True)
    wanted = np.einsum("nk,nkrc->nrc", head[logits.argmax(1)], places)
    assert np.abs(np.load("d_maps.npy") - wanted).max() <= 1e-5 * np.abs(wanted).max()
    assert not os.path.exists("d_logits.npy") and "maps" in json.load(open("d.npy.json"))
    said = subprocess.run([DESPUR, "features", f"{GOLDEN}/gemm.onnx", "images.npy", "--out", "e.npy", "--maps", "f.npy"], capture_output=True, text=True)
    assert said.returncode == 3 and "that end in a global average and a linear layer" in said.stderr, said


def check_onnx():
    try:
        import numpy as np
        import onnxruntime
        import PIL.Image  # noqa: F401
    except ImportError:
        sys.exit(77)
    library, = glob.glob(os.path.dirname(onnxruntime.__file__) + "/capi/libonnxruntime.so.1*")
    os.environ["DESPUR_ONNXRUNTIME"] = library
    images = np.random.default_rng(0).integers(0, 256, (70, 3, 8, 8)).astype(np.uint8)
    np.save("images.npy", images)
    model = f"{GOLDEN}/pictures.onnx"
    mean, deviation = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).reshape(2, 3, 1, 1)
    seen = ((images / 255 - mean) / deviation).astype("f4")
    np.save("seen.npy", seen)
    for arguments, name in ((["images.npy", "--threads", "1"], "a"), (["images.npy", "--threads", "3"], "b"),
                            (["seen.npy", "--preprocess", "none"], "c"), (["images.npy", "--layer", "/1/Relu_output_0"], "maps")):
        subprocess.run([DESPUR, "features", model, *arguments, "--out", name + ".npy", "--logits", name + "_logits.npy", "--quiet"],
                       check=True)
    features, logits = np.load("a.npy"), np.load("a_logits.npy")
    wanted, = onnxruntime.InferenceSession(model).run(None, {"image": seen})
    assert np.abs(logits - wanted).max() <= 1e-5 * np.abs(wanted).max()
    head = np.array([[(4 * i + j - 5) / 8 for j in range(4)] for i in range(3)], "f4")
    assert np.abs(features @ head.T + (np.arange(3) - 1) / 4 - logits).max() <= 1e-5
    assert open("a.npy", "rb").read() == open("b.npy", "rb").read() == open("c.npy", "rb").read()
    assert np.abs(np.load("maps.npy") - features).max() <= 1e-6  # the mean over the places is what this network pools
    check_activation_maps(model, onnxruntime, seen, logits, head)
    check_sizes(model, images)
    check_audit(model, onnxruntime, lambda bytes: ((bytes / 255 - mean) / deviation).astype("f4"))
    said = json.load(open("a.npy.json"))
    assert said["engine"]["version"] == onnxruntime.__version__ and said["preprocess"]["name"] == "imagenet", said
    assert onnxruntime.__version__ in subprocess.run([DESPUR, "version"], capture_output=True, text=True).stdout
    for name, weight, bias in ("pictures.onnx", "4.weight", "4.bias"), ("gemm.onnx", "fc.weight", "fc.bias"):
        write_head("head.safetensors", weight, bias)
        exchange(name, name)
        run = lambda file: onnxruntime.InferenceSession(file).run(None, {"image": seen} if name == "pictures.onnx" else {
            "x": np.random.default_rng(1).normal(size=(9, 6)).astype("f4")})[0]
        before, after = run(f"{GOLDEN}/{name}"), run(name)
        if name == "pictures.onnx":
            assert np.abs(features @ np.array(WEIGHT, "f4").T + BIAS - after).max() <= 1e-5
        assert np.abs(before - after).max() > 0.1


def check_torch():
    try:
        import torch
    except ImportError:
        sys.exit(77)
    write_head("head.safetensors", "fc.weight", "fc.bias")
    for name in "zip.pth", "old.pth", "protocol4.pth", "half.pth", "view.pth":
        exchange(name, name)
        before, after = torch.load(f"{GOLDEN}/{name}"), torch.load(name)
        assert list(before) == list(after)
        assert torch.equal(after["fc.weight"].float(), torch.tensor(WEIGHT)), name
        assert torch.equal(after["fc.bias"].detach().float(), torch.tensor(BIAS)), name
        for key in before:
            if not key.startswith("fc."):
                assert torch.equal(before[key], after[key]), (name, key)


with tempfile.TemporaryDirectory() as room:
    os.chdir(room)
    {"onnxruntime": check_onnx, "torch": check_torch}[sys.argv[1]]()
