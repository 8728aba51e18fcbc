#!/usr/bin/env python3
"""The paste test of `despur audit` done again by NumPy and SciPy, and the maps that it rests on.

usage: audit_pictures.py DESPUR

Pictures of 16 x 16 pixels with a class in the middle and a patch in the upper left corner, and two networks that are drawn here byte by
byte: one uses the corner, one does not. Every picture that despur made is made again here, what the networks say of it is computed by
NumPy, and what follows from the counts by SciPy. Exit code 77 where there is no ONNX Runtime for despur, no NumPy or no SciPy.
"""
import base64
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tiny_onnx

DESPUR = os.path.abspath(sys.argv[1])
SIDE, COUNT, PLACES = 16, 600, 8
try:
    import numpy as np
    import onnxruntime
    from scipy import stats
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

LIBRARY = next(pathlib.Path(onnxruntime.__path__[0], "capi").glob("libonnxruntime.so*"), None)
if LIBRARY is None:
    print("skipped: no library of ONNX Runtime")
    sys.exit(77)
os.environ["DESPUR_ONNXRUNTIME"] = str(LIBRARY)


class Network:
    """Channels see red, green, blue, and the lack of each; the last layer says what these mean."""

    def __init__(self, head):
        self.conv = np.zeros((6, 3, 2, 2), np.float32)
        for c in range(3):
            self.conv[c, c], self.conv[c + 3, c] = 0.25, -0.25
        self.bias = np.array([-0.5] * 3 + [0.5] * 3, np.float32)
        self.weights, self.biases = np.array(head, np.float32), np.array([0.01, -0.02], np.float32)

    def draw(self):
        return tiny_onnx.network(self.conv, self.bias, self.weights, self.biases, SIDE)

    def maps(self, pictures):
        """[n, channels, places, places] of bytes [n, 3, side, side]."""
        x = (pictures.astype(np.float32) / np.float32(255)).reshape(len(pictures), 3, PLACES, 2, PLACES, 2)
        return np.maximum(np.einsum("ncyixj,kcij->nkyx", x, self.conv) + self.bias[:, None, None], 0)

    def predict(self, pictures):
        return (self.maps(pictures).mean((2, 3)) @ self.weights.T + self.biases).argmax(1)


# Red speaks for dogs in both, blue for cats; the first sees green in the corner, too, which goes with dogs, and its lack.
USES = Network([[-1, -8, 1, 0, 8, 0], [1, 8, -1, 0, -8, 0]])
IGNORES = Network([[-1, 0, 1, 0, 0, 0], [1, 0, -1, 0, 0, 0]])


def make_pictures(rng, agreement=0.95):
    labels = np.arange(COUNT) % 2
    corner = np.where(rng.random(COUNT) < agreement, labels, 1 - labels)
    pictures = rng.integers(120, 136, (COUNT, 3, SIDE, SIDE)).astype(np.uint8)
    strength = rng.integers(0, 60, (COUNT, 1, 1)) + 170
    middle = np.where(rng.random(COUNT) < 0.9, labels, 1 - labels)
    for i in range(COUNT):
        pictures[i, 0 if middle[i] else 2, 6:12, 6:12] = strength[i]
        pictures[i, 1, :4, :4] = 250 if corner[i] else 5
    return pictures, labels, corner


def write_folder(folder, pictures, labels):
    """In the order in which despur numbers them: by path."""
    for i, (picture, label) in enumerate(zip(pictures, labels)):
        place = folder / ("cat", "dog")[label]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i:04d}.ppm").write_bytes(b"P6\n%d %d\n255\n" % (SIDE, SIDE) + picture.transpose(1, 2, 0).tobytes())
    names = np.array([f"{('cat', 'dog')[label]}/{i:04d}.ppm" for i, label in enumerate(labels)])
    return np.argsort(names), sorted(names)


def audit(room, name, network, *words):
    (room / f"{name}.onnx").write_bytes(network.draw())
    out = room / f"{name}.out"
    done = subprocess.run([DESPUR, "audit", room / "pictures", "--model", room / f"{name}.onnx", "--preprocess", "unit", "--threads", "2",
                           "--out", out, "--force", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = []
    if (out / "pasted.csv").exists():
        with open(out / "pasted.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    return json.loads((out / "audit.json").read_text()), rows, (out / "report.html").read_text(), done.stdout


def make_again(pictures, rows, left, top):
    made = pictures[[int(r["into"]) for r in rows]].copy()
    for k, r in enumerate(rows):
        y, x, h, w = int(r[top]), int(r[left]), int(r["height"]), int(r["width"])
        made[k, :, y:y + h, x:x + w] = pictures[int(r["from"]), :, y:y + h, x:x + w]
    return made


def paired_interval(both, first, second, neither, confidence):
    """Newcombe 1998, method 10, of second - first."""
    n = both + first + second + neither
    z = stats.norm.ppf(0.5 + confidence / 2)

    def wilson(k):
        p, d = k / n, 1 + z * z / n
        half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
        return (p + z * z / (2 * n)) / d - half, (p + z * z / (2 * n)) / d + half

    p1, p2 = (both + first) / n, (both + second) / n
    (l1, u1), (l2, u2) = wilson(both + first), wilson(both + second)
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    excess = both * neither - first * second
    excess = max(excess - n / 2, 0) if excess > 0 else excess
    phi = excess / np.sqrt(margins) if margins > 0 else 0
    d = p2 - p1
    return (d - np.sqrt((p2 - l2) ** 2 - 2 * phi * (p2 - l2) * (u1 - p1) + (u1 - p1) ** 2),
            d + np.sqrt((u2 - p2) ** 2 - 2 * phi * (u2 - p2) * (p1 - l1) + (p1 - l1) ** 2))


def check_counts(result, rows, predict, pictures):
    """All that despur says of the pictures that it made."""
    names = ("cat", "dog")
    plain = predict(pictures)
    after, elsewhere = predict(make_again(pictures, rows, "left", "top")), predict(make_again(pictures, rows, "elsewhere_left", "elsewhere_top"))
    for k, r in enumerate(rows):
        assert names[plain[int(r["into"])]] == r["before"], "before"
        assert names[after[k]] == r["after"] and names[elsewhere[k]] == r["after_elsewhere"], f"picture {k} of {rows[k]}"
    tests = result["pasted"]["tests"]
    ps = []
    for t in tests:
        of = [k for k, r in enumerate(rows) if r["before"] != t["class"]]
        goal = names.index(t["class"])
        follows, follows_elsewhere = after[of] == goal, elsewhere[of] == goal
        both = int((follows & follows_elsewhere).sum())
        first, second = int(follows_elsewhere.sum()) - both, int(follows.sum()) - both
        assert (t["count"], t["followed"], t["followed_elsewhere"], t["followed_both"]) == (len(of), both + second, both + first, both), t
        p = stats.binomtest(min(first, second), first + second, 0.5).pvalue if first + second else 1
        assert abs(t["p"] - p) <= 1e-5 * p, (t["p"], p)
        low, high = paired_interval(both, first, second, len(of) - both - first - second, 1 - 0.05 / len(tests))
        assert abs(t["difference_low"] - low) < 1e-5 and abs(t["difference_high"] - high) < 1e-5, (t, low, high)
        ps.append(p)
    for t, p in zip(tests, ps):
        holm = min(1, max(q * (len(ps) - sorted(ps).index(q)) for q in ps if q <= p))
        assert abs(t["p_adjusted"] - holm) <= 1e-5 * holm, (t, holm)
        assert t["confirmed"] == (t["difference"] > 0 and holm <= 0.05)
    return tests


def check_region(result, network, pictures, labels, rows):
    """The window of 2 x 2 of 8 x 8 places that adds most to the difference of the classes, by the discovery half (from partitions.npy)."""
    discovery = rows[:, -1] == 0
    evidence = np.einsum("nkyx,ck->ncyx", network.maps(pictures), network.weights - network.weights.mean(0))
    for t in result["pasted"]["tests"]:
        y = ("cat", "dog").index(t["class"])
        more = evidence[discovery & (labels == y), y].mean(0) - evidence[discovery & (labels != y), y].mean(0)
        best, where = max((more[top:top + 2, left:left + 2].sum(), (2 * left, 2 * top)) for top in range(PLACES - 1) for left in range(PLACES - 1))
        assert (t["region"]["left"], t["region"]["top"]) == where and t["region"]["width"] == t["region"]["height"] == 4, (t, where)
        assert abs(t["evidence_share"] - best / more.sum()) < 1e-4, (t, best / more.sum())
        assert abs(np.array(t["evidence"]) - more / more.sum()).max() < 1e-4, t


def enlarge(maps, side):
    """Bilinear, corners not aligned."""
    at = np.clip((np.arange(side) + 0.5) * maps.shape[-1] / side - 0.5, 0, None)
    low = at.astype(int)
    high, share = np.minimum(low + 1, maps.shape[-1] - 1), at - low
    rows = maps[low] * (1 - share)[:, None] + maps[high] * share[:, None]
    return rows[:, low] * (1 - share) + rows[:, high] * share


def check_looks(page, network, pictures, names):
    """Beside each picture of the gallery is its map for what was predicted: yellow where NumPy's map is large, blue where it is not."""
    pairs = re.findall(r'<img [^>]*alt="([^",]*)[^"]*"><img [^>]*image/png;base64,([^"]*)" alt="where the model looked for (cat|dog)">', page)
    gallery = page[page.index("Look at these examples"):]
    gallery = gallery[:gallery.index("</section>")]
    assert len(pairs) >= 16 and gallery.count("<img ") == 2 * len(pairs), len(pairs)
    try:
        from PIL import Image
    except ImportError:
        return
    for name, png, predicted in pairs:
        picture = pictures[names.index(name)][None]
        assert predicted == ("cat", "dog")[network.predict(picture)[0]], name
        weights = network.weights - network.weights.mean(0)
        of = np.einsum("kyx,k->yx", network.maps(picture)[0], weights[("cat", "dog").index(predicted)])
        of = np.maximum(of + (network.biases - network.biases.mean())[("cat", "dog").index(predicted)], 0)
        drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")).astype(float)
        yellow = drawn[..., 0] + drawn[..., 1] - 2 * drawn[..., 2]
        assert np.corrcoef(yellow.ravel(), enlarge(of / of.max(), SIDE).ravel())[0, 1] > 0.97, name


def is_corner(test):
    return test["region"]["left"] < 4 and test["region"]["top"] < 4


def check_runs(room, rng):
    """A network that despur trains itself uses the corner where that goes with the class, and does not where it does not."""
    for agreement in (1.0, 0.5):
        pictures, labels, _ = make_pictures(rng, agreement)
        pictures = pictures.repeat(2, 2).repeat(2, 3)  # or the last convolution has too few places
        for name, array in (("images", pictures), ("labels", labels), ("splits", (np.arange(COUNT) >= COUNT - 100) * 2)):
            np.save(room / f"{name}.npy", array.astype(np.uint8))
        (room / "run.yaml").write_text(
            "data: {source: npy, images: images.npy, labels: labels.npy, splits: splits.npy}\nmodel: {arch: lenet}\n"
            "train: {method: erm, epochs: 15, batch_size: 25, optimizer: {name: adam, lr: 0.002}}\n")
        for words in (["run", "run.yaml", "--out", "run", "--force", "--quiet"], ["audit", "run", "--out", "run.out", "--force"]):
            done = subprocess.run([DESPUR, *words], cwd=room, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        tests = json.loads((room / "run.out" / "audit.json").read_text())["pasted"]["tests"]
        assert len(tests) == 2
        for t in tests:
            assert is_corner(t) == (agreement == 1.0), (agreement, t)
            assert agreement < 1 or t["confirmed"] and t["difference_low"] > 0.3, t


def main():
    rng = np.random.default_rng(0)
    pictures, labels, corner = make_pictures(rng)
    with tempfile.TemporaryDirectory() as name:
        room = pathlib.Path(name)
        os.environ["XDG_CACHE_HOME"] = str(room / "cache")
        order, _ = write_folder(room / "pictures", pictures, labels)
        pictures, labels, corner = pictures[order], labels[order], corner[order]

        result, rows, page, text = audit(room, "uses", USES, "--model-predicts")
        tests = check_counts(result, rows, USES.predict, pictures)
        check_region(result, USES, pictures, labels, np.load(room / "uses.out" / "partitions.npy"))
        assert len(tests) == 2 and all(is_corner(t) and t["confirmed"] and t["difference_low"] > 0.3 for t in tests), tests
        assert page.count("now taken for") > 8 and "once a region is exchanged" in page and "4 x 4, 0 down, 0 in" in text
        slices = [c for c in result["candidates"] if c["finder"] == "maps"]
        assert len(slices) == 6 and any("upper left" in c["best"]["cell_name"] for c in slices if c["best"]), slices

        result, rows, page, text = audit(room, "ignores", IGNORES, "--model-predicts")
        tests = check_counts(result, rows, IGNORES.predict, pictures)
        check_region(result, IGNORES, pictures, labels, np.load(room / "ignores.out" / "partitions.npy"))
        assert len(tests) == 2 and not any(is_corner(t) for t in tests), tests

        # A last layer that is fitted sees the corner, too, whatever the network's own says: its channel is there.
        result, rows, page, text = audit(room, "fitted", IGNORES)
        assert all(is_corner(t) and t["confirmed"] for t in result["pasted"]["tests"]), result["pasted"]

        # Asked for other finders only, it is not looked into.
        result, rows, page, text = audit(room, "other", USES, "--model-predicts", "--finders", "clusters")
        assert "pasted" not in result and not rows and "exchanged" not in page and "where the model looked" not in page

        check_runs(room, rng)

        # With more pictures that go against it there is a finding, and a gallery.
        plain = room / "plain"
        plain.mkdir()
        pictures, labels, corner = make_pictures(rng, 0.85)
        order, names = write_folder(plain / "pictures", pictures, labels)
        result, rows, page, text = audit(plain, "uses", USES, "--model-predicts")
        assert result["verdict"] in ("leans on it", "weak group"), text
        check_looks(page, USES, pictures[order], names)

        # Another layer has no maps, which is said in one sentence.
        result, rows, page, text = audit(room, "layer", USES, "--layer", "pooled")
        assert "pasted" not in result and "note: class activation maps are of what the last linear layer sees, not of 'pooled'" in text, text


main()
