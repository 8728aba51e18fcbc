#!/usr/bin/env python3
"""A folder of JPEGs to squares of 224 by despur and by Pillow, alternating in one run.

usage: bench/pictures.py [DESPUR] [--rounds N] [--pictures N]     (NumPy, Pillow)

Draws pictures of 500 x 400 (quality 90). Pillow has one thread, as its loop in a loader's process has; despur has all processors, and also
hashes and writes its cache, which begins empty. The first pictures are compared with Pillow's, to the byte. "busy" are seconds of
processors, which others who compute at the same time change little.
"""
import argparse
import glob
import os
import resource
import subprocess
import tempfile
import time

import numpy as np
from PIL import Image

SIDE, HEADER = 224, 64


def draw(folder, count):
    random = np.random.default_rng(0)
    for i in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (25, 31, 3), dtype=np.uint8)).resize((500, 400), Image.BICUBIC)
        noisy = np.asarray(coarse).astype(int) + random.integers(-12, 13, (400, 500, 3))
        os.makedirs(f"{folder}/{i % 2}", exist_ok=True)
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(f"{folder}/{i % 2}/{i:06}.jpg", quality=90)


def by_pillow(paths):
    for path in paths:
        picture = Image.open(path).convert("RGB")
        width = SIDE * picture.width // picture.height
        picture = picture.resize((width, SIDE), Image.BILINEAR)
        left = round((width - SIDE) / 2)
        yield np.asarray(picture.crop((left, 0, left + SIDE, SIDE)))


def by_despur(despur, folder, cache):
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([despur, "data", "info", f"data={{source: pictures, folder: {folder}, size: {SIDE}, cache: {cache}}}"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check(cache, paths):
    """Pictures lie behind a header, as planes, in the order of paths."""
    (path,) = glob.glob(f"{cache}/*/pictures.bytes")
    with open(path, "rb") as file:
        file.seek(HEADER)
        for wanted in by_pillow(paths):
            got = np.frombuffer(file.read(3 * SIDE * SIDE), np.uint8).reshape(3, SIDE, SIDE)
            if not np.array_equal(got, wanted.transpose(2, 0, 1)):
                raise SystemExit("the pictures differ from Pillow's")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("despur", nargs="?", default="build/despur")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        draw(f"{folder}/set", arguments.pictures)
        paths = sorted(glob.glob(f"{folder}/set/*/*.jpg"))
        theirs, ours = [], []
        for turn in range(arguments.rounds):
            wall, busy = time.perf_counter(), time.process_time()
            for _ in by_pillow(paths):
                pass
            theirs.append((time.perf_counter() - wall, time.process_time() - busy))
            ours.append(by_despur(os.path.abspath(arguments.despur), f"{folder}/set", f"{folder}/cache{turn}"))
            check(f"{folder}/cache{turn}", paths[:20])
        best = [[min(run[k] for run in runs) for k in range(2)] for runs in (theirs, ours)]
        for name, (wall, busy) in zip(("Pillow", "despur"), best):
            print(f"{name}: {arguments.pictures / wall:.0f} pictures a second, busy {1e3 * busy / arguments.pictures:.3f} ms a picture")
        print(f"despur is {best[0][0] / best[1][0]:.2f} times as fast, with {best[1][1] / best[0][1]:.2f} times its processor time")


if __name__ == "__main__":
    main()
