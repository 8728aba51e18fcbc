#!/usr/bin/env python3
"""Usage: make_augmented.py DIRECTORY: two small images, draws for them, and what the draws make of them, as float32 .npy files. Needs
NumPy and Pillow; with torchvision it checks its colours against transforms.functional as well.

A draw is flip, left, top, box (left, top, width, height), brightness, contrast, saturation, hue, carried out in this order: the image
moved over a ground of zeros, its box cut out and resized by Pillow's bilinear filter on floats, mirrored, and then changed in its colours
by torchvision's formulas for tensors."""
import os
import sys

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 12, 10
NOTHING = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0]
DRAWS = {  # where they differ from NOTHING
    "flip": {0: 1}, "right_down": {1: -3, 2: -2}, "left_up": {1: 2, 2: 4}, "left_down": {1: 1, 2: -11}, "up": {2: 5}, "right": {1: -9},
    "box": {3: 2, 4: 3, 5: 5, 6: 7}, "one_pixel": {3: 9, 4: 11, 5: 1, 6: 1}, "one_row": {3: 0, 4: 6, 5: 10, 6: 1}, "whole": {5: 10, 6: 12},
    "box_flip": {0: 1, 3: 1, 4: 0, 5: 9, 6: 4}, "dark": {7: 0.3}, "bright": {7: 1.9}, "flat": {8: 0.2}, "hard": {8: 2.5},
    "pale": {9: 0.1}, "gaudy": {9: 3}, "hue": {10: 0.2}, "hue_back": {10: -0.45}, "half": {10: 0.5},
    "all": {0: 1, 3: 1, 4: 2, 5: 8, 6: 9, 7: 1.2, 8: 0.7, 9: 1.6, 10: -0.1}, "moved": {0: 1, 1: -1, 2: 2, 7: 0.8, 8: 1.3, 9: 0.5, 10: 0.3}}


def move(image, left, top):
    out = np.zeros_like(image)
    for row in range(HEIGHT):
        for column in range(WIDTH):
            if 0 <= row + top < HEIGHT and 0 <= column + left < WIDTH:
                out[:, row, column] = image[:, row + top, column + left]
    return out


def resize(image, left, top, width, height):
    planes = [Image.fromarray(plane).crop((left, top, left + width, top + height)) for plane in image]
    return np.stack([np.asarray(p.resize((WIDTH, HEIGHT), Image.BILINEAR)) for p in planes])


def grey(image):
    return image[:1] if len(image) == 1 else 0.2989 * image[:1] + 0.587 * image[1:2] + 0.114 * image[2:]


def blend(image, other, factor):
    return np.clip(factor * image + (1 - factor) * other, 0, 1)


def turn(image, turns):
    red, green, blue = image
    most, least = image.max(0), image.min(0)
    spread = most - least
    safe = np.where(spread == 0, 1, spread)
    r, g, b = (most - red) / safe, (most - green) / safe, (most - blue) / safe
    hue = np.where(most == red, b - g, np.where(most == green, 2 + r - b, 4 + g - r))
    hue = np.where(spread == 0, 0, hue)
    hue = (np.fmod(hue / 6 + 1, 1) + turns) % 1
    saturation = spread / np.where(spread == 0, 1, most)
    sixth = np.floor(hue * 6)
    rest = hue * 6 - sixth
    p, q, t = (np.clip(most * (1 - saturation * x), 0, 1) for x in (1, rest, 1 - rest))
    table = {0: (most, t, p), 1: (q, most, p), 2: (p, most, t), 3: (p, q, most), 4: (t, p, most), 5: (most, p, q)}
    out = np.zeros_like(image)
    for which, planes in table.items():
        for c in range(3):
            out[c] = np.where(sixth % 6 == which, planes[c], out[c])
    return out


def colours(image, brightness, contrast, saturation, hue):
    if brightness != 1:
        image = blend(image, 0, brightness)
    if contrast != 1:
        image = blend(image, grey(image).mean(), contrast)
    if saturation != 1:
        image = blend(image, grey(image), saturation)
    return turn(image, hue) if hue else image


def check_against_torchvision(image, draw, found):
    try:
        import torch
        import torchvision.transforms.functional_tensor as functional
    except ImportError:
        return False
    image = torch.from_numpy(image)
    names = (functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation, functional.adjust_hue)
    for adjust, value, idle in zip(names, draw, (1, 1, 1, 0)):
        if value != idle:
            image = adjust(image, float(value))
    assert np.abs(image.numpy() - found).max() < 1e-5, draw
    return True


def main(folder):
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = np.stack([127 + 127 * np.sin(columns / (2 + c) + rows / (4 - c) + 2 * c) for c in range(3)])
    waves[:, 2:4] = random.integers(0, 256, (3, 2, WIDTH))  # also grey ones, black, white and full colours
    waves[:, 0, :6] = np.array([[0, 255, 77, 255, 0, 255], [0, 255, 77, 0, 255, 255], [0, 255, 77, 0, 255, 0]])
    colour = np.float32(np.floor(waves)) / np.float32(255)
    draws, out, plain, checked = [], [], [], 0
    for change in DRAWS.values():
        draw = [change.get(i, value) for i, value in enumerate(NOTHING)]
        draws.append(draw)
        for channels, made in ((3, out), (1, plain)):
            image = move(colour[:channels], *map(int, draw[1:3]))
            if draw[6]:
                image = resize(image, *map(int, draw[3:7]))
            if draw[0]:
                image = image[:, :, ::-1].copy()
            jitter = draw[7:9] + (draw[9:] if channels == 3 else [1, 0])
            made.append(colours(image.astype(np.float64), *jitter).astype(np.float32))
            if channels == 3:
                checked += check_against_torchvision(image, jitter, made[-1])
    arrays = {"image": colour, "draws": np.array(draws, np.float64), "colour": np.stack(out), "grey": np.stack(plain)}
    for name, array in arrays.items():
        np.save(os.path.join(folder, name + ".npy"), array)
    print(len(draws), "draws,", checked, "of them compared with torchvision")


if __name__ == "__main__":
    main(sys.argv[1])
