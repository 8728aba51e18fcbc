#!/usr/bin/env python3
"""Usage: make_pictures.py DIRECTORY: small pictures of every kind, and what Pillow makes of them: NAME.bytes has them at 16 x 16, red,
green and blue planes, by the bilinear and then by the bicubic filter. Needs NumPy and Pillow.

The shorter side becomes 18 pixels, then the middle is cut out, as torchvision's Resize and CenterCrop do. Where a JPEG's shorter
side is at least four times that, Pillow decodes it at a half, a quarter or an eighth first (Image.draft)."""
import os
import sys

import numpy as np
from PIL import Image, ImageOps

SIDE, SHORTER = 16, 18
random = np.random.default_rng(0)


def draw(width, height, channels):
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [128 + 110 * np.sin(columns / (3 + c) + rows / (5 - c) + c) for c in range(channels)]
    noise = random.integers(-17, 18, (height, width, channels))
    return np.clip(np.stack(waves, 2) + noise, 0, 255).astype(np.uint8).squeeze()


def exif(orientation):
    tags = Image.Exif()
    tags[0x112] = orientation
    return tags


def upright(path):
    picture = Image.open(path)
    shorter, by = min(picture.size), 1
    while picture.format == "JPEG" and by < 8 and shorter // (2 * by) >= 2 * SHORTER:
        by *= 2
    if by > 1:
        picture.draft("RGB", (picture.width // by, picture.height // by))
    if picture.mode == "I;16":
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    picture = ImageOps.exif_transpose(picture)
    if picture.mode in ("RGBA", "LA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, (255, 255, 255))
        white.paste(picture, mask=picture.getchannel("A"))
        return white
    return picture.convert("RGB")


def fit(picture, how):
    width, height = picture.size
    size = (SHORTER, SHORTER * height // width) if width <= height else (SHORTER * width // height, SHORTER)
    picture = picture.resize(size, how)
    left, top = (round((length - SIDE) / 2) for length in size)
    return np.asarray(picture.crop((left, top, left + SIDE, top + SIDE))).transpose(2, 0, 1)


def main(folder):
    def save(name, pixels, mode=None, **options):
        path = os.path.join(folder, name)
        picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        picture.save(path, **options)
        made = upright(path)
        with open(path + ".bytes", "wb") as file:
            for how in (Image.BILINEAR, Image.BICUBIC):
                file.write(fit(made, how).tobytes())

    save("colour.jpg", draw(41, 30, 3), quality=90)
    save("grey.jpg", draw(20, 33, 1), quality=90)
    save("progressive.jpg", draw(36, 50, 3), quality=80, progressive=True)
    save("inks.jpg", Image.fromarray(draw(30, 30, 4), "CMYK"), quality=90)
    save("small.jpg", draw(9, 7, 3), quality=95)
    save("half.jpg", draw(100, 90, 3), quality=90)
    save("eighth.jpg", draw(310, 300, 3), quality=50)
    for orientation in range(2, 9):
        save(f"turned_{orientation}.jpg", draw(32, 24, 3), quality=90, exif=exif(orientation))
    save("colour.png", draw(31, 23, 3))
    save("grey.png", draw(23, 31, 1))
    save("grey_16.png", Image.fromarray(draw(20, 20, 1).astype(np.uint16) * 257 + 3))
    save("palette.png", Image.fromarray(draw(33, 20, 3)).quantize(16))
    save("transparent.png", draw(25, 25, 4))
    save("grey_transparent.png", Image.fromarray(draw(25, 22, 4), "RGBA").convert("LA"))
    palette = Image.fromarray(draw(22, 20, 3)).quantize(8)
    save("palette_transparent.png", palette, transparency=2)
    save("turned.png", draw(32, 24, 3), exif=exif(6))
    save("lossless.webp", draw(30, 24, 3), lossless=True)
    save("transparent.webp", draw(24, 24, 4), lossless=True, exact=True)
    save("turned.webp", draw(32, 24, 3), lossless=True, exif=exif(8))
    save("lossy.webp", draw(48, 40, 3), quality=80)
    save("colour.ppm", draw(29, 40, 3))
    save("grey.pgm", draw(40, 29, 1))


if __name__ == "__main__":
    main(sys.argv[1])
