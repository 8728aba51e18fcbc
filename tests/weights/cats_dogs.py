#!/usr/bin/env python3
"""Usage: cats_dogs.py DESPUR RECIPE SHARED [SEED]: cats and dogs of CIFAR-10 with a coloured patch, from a folder of pictures to the page.

SHARED/tools/make_catdog.py draws the set from SHARED/data; here it becomes a folder with metadata.csv. The recipe fine-tunes a ResNet-20 from
weights that others have trained: by ERM, whose worst group must stay below 50 %, and with true groups, where it must reach 70 %. The energy
of Grad-CAM in the region of the patch must fall in every minority group, and the 95 % intervals must be apart. Exits with 77 where the
files, NumPy or Pillow are missing."""
import csv
import json
import os
import subprocess
import sys
import tempfile

import resnet_cifar


def write_folder(room, shared):
    import numpy as np
    from PIL import Image
    os.makedirs(os.path.join(room, "folder"))
    subprocess.run([sys.executable, os.path.join(shared, "tools", "make_catdog.py"), room], check=True)
    images, labels, attributes, splits = (np.load(os.path.join(room, name + ".npy")) for name in ("images", "labels", "attributes", "splits"))
    with open(os.path.join(room, "folder", "metadata.csv"), "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["filename", "y", "place", "split"])
        for i, image in enumerate(images):
            Image.fromarray(image.transpose(1, 2, 0)).save(os.path.join(room, "folder", f"{i:05}.png"))
            rows.writerow([f"{i:05}.png", ("cat", "dog")[labels[i]], ("red", "blue")[attributes[i]], ("train", "val", "test")[splits[i]]])


def selected(out, stage):
    with open(os.path.join(out, "results.jsonl")) as file:
        lines = [json.loads(line) for line in file]
    return [line for line in lines if line["stage"] == stage and line.get("selected") and line["split"] == "test"][-1]


def check(holds, sentence):
    if not holds:
        sys.exit(sentence)


def main(despur, recipe, shared, seed="0"):
    data = os.path.join(shared, "data")
    try:
        import numpy, PIL  # noqa: F401
    except ImportError:
        sys.exit(77)
    if not os.path.isdir(os.path.join(data, "resnet_cifar10_weights")) or not os.path.isdir(os.path.join(data, "cifar10_jpeg")):
        sys.exit(77)
    with tempfile.TemporaryDirectory() as room:
        write_folder(room, shared)
        weights, out = os.path.join(room, "resnet20.safetensors"), os.path.join(room, "run")
        resnet_cifar.write_safetensors(weights, os.path.join(data, "resnet_cifar10_weights", "resnet20-12fca82f"))
        subprocess.run([despur, "run", recipe, "data.folder=" + os.path.join(room, "folder"), "data.cache=" + os.path.join(room, "cache"),
                        "model.init=" + weights, "seed=" + seed, "--out", out], check=True, stdout=subprocess.DEVNULL)
        before, after = selected(out, "reference"), selected(out, "train")
        for line in before, after:
            print(f"figure: {line['label']}: worst group {line['worst_group']} {100 * line['worst_group_accuracy']:.1f} %, "
                  f"average {100 * line['average_accuracy']:.1f} %")
        cam = json.loads(subprocess.run([despur, "cam", out, "--per-group", "0", "--json"], check=True, capture_output=True, text=True).stdout)
        apart = []
        for group in cam["groups"]:
            was, now = group["scores"]
            shares = [f"{100 * g['background']['mean']:.1f} ({100 * g['background']['low']:.1f} to {100 * g['background']['high']:.1f}) %" for g in (was, now)]
            print(f"figure: energy on the patch, {group['name']}{' (minority)' * group['minority']}: {shares[0]} -> {shares[1]}")
            if group["minority"]:
                apart.append(now["background"]["high"] < was["background"]["low"])
    check(before["worst_group"].startswith("y=") and before["worst_group_accuracy"] < 0.5, "ERM's worst group: expected less than 50 %")
    check(after["worst_group_accuracy"] >= 0.7, "true groups: expected a worst group of at least 70 %")
    check(len(apart) == 2 and all(apart), "expected less energy on the patch in both minority groups, with intervals apart")


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: cats_dogs.py DESPUR RECIPE SHARED [SEED]")
    main(*map(os.path.abspath, sys.argv[1:4]), *sys.argv[4:])
