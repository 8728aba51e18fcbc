#!/usr/bin/env python3
"""What `despur audit` finds where the truth is known. Usage: bench/audit.py DESPUR WHAT [OPTIONS]

  clean [--sets N] [--shapes A,B]  planted sets without a shortcut: how often something is "found"
  clean --pictures [--sets N]  pictures without a shortcut: how often the maps find something, and the paste test confirms;
                           --shapes trained: of LeNets that are trained on them
  power [--repeats N]      a group of known share and excess, as a column: how often it is found, beside the limit
  weights [--sets N]       sets that weigh and in whose population nothing is: how often something is "found"
  celeba DIRECTORY [--halves N]  blond or not: share of men in the first finding of class blond
  spuco RECIPES MNIST       ERM of one epoch on SpuCoMNIST: precision and recall of the minority in the first finding;
                           --strength 0.2: where no colour goes with a class
  speed [--rows N] [--columns N]  processor seconds and memory, beside scikit-learn's for the same steps
  asked DIRECTORY [--halves N]  the same, once a person has noted the patch of 100 examples
  catdog DIRECTORY [--finders NAMES]  cats and dogs with a patch: enrichment of the best slice of every finder
  pictures DIRECTORY IMAGES --model FILE [--halves N]  the same with the pictures and the model: the maps' slices, and the paste test
"""
import argparse
import csv
import gzip
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import own_kernels  # noqa: F401  (first)
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
import tiny_onnx

SHAPES = ("round", "nuisance", "classes", "student", "lognormal", "outliers", "unbalanced", "repeated", "small")
LIMITS = 20  # sets whose detection limits are averaged


def audit(despur, folder, features=None, **options):
    words = [despur, "audit"] + ([str(features)] if features else [])
    for key, value in options.items():
        words += [f"--{key.replace('_', '-')}"] + ([] if value is True else [str(value)])
    done = subprocess.run(words + ["--out", str(folder / "out"), "--force", "--json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 5):
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return json.loads((folder / "out" / "audit.json").read_text())


def noise(shape, rng, n, columns):
    """What the columns have besides the class; the same for every class."""
    if shape == "student":
        return rng.standard_t(3, size=(n, columns))
    if shape == "lognormal":
        return np.exp(0.75 * rng.normal(size=(n, columns)))
    x = rng.normal(size=(n, columns))
    if shape == "outliers":
        x[rng.random(n) < 0.02] *= 10
    return x


def clean_set(shape, seed):
    """A core direction and noise, without a shortcut.

    round: normal noise; nuisance: two clusters that have nothing to do with the class; classes: four of them; student:
    t with 3 degrees of freedom; lognormal: skewed; outliers: 2 % of rows ten times as far out; unbalanced: 5 % of class 1;
    repeated: a fifth of the rows stand there twice; small: 200 rows.
    """
    rng = np.random.default_rng([SHAPES.index(shape), seed])
    n, columns = 200 if shape == "small" else 2000, 24
    classes = 4 if shape == "classes" else 2
    labels = (rng.random(n) < 0.05).astype(int) if shape == "unbalanced" else rng.integers(0, classes, n)
    x = noise(shape, rng, n, columns)
    if classes == 2:
        x[:, 0] += rng.choice([1.2, 1.6, 2.0]) * (2 * labels - 1)
    else:
        x[np.arange(n), labels] += 3
    if shape == "nuisance":
        x[:, -1] += 4 * rng.integers(0, 2, n)
        x[:, -2:] *= 2
    if shape == "repeated":
        again = rng.choice(n, n // 5, replace=False)
        x, labels = np.concatenate([x, x[again]]), np.concatenate([labels, labels[again]])
    return x.astype(np.float32), labels.astype(np.int64)


def weights_of(folder, n, seed):
    """A table of lognormal weights."""
    drawn = np.exp(np.random.default_rng([99, seed]).normal(size=n))
    (folder / "w.csv").write_text("wt\n" + "".join(f"{w}\n" for w in drawn), encoding="utf-8")
    return folder / "w.csv"


def allowed(sets):
    """5 % and two standard errors, in per cent."""
    return 5 + 200 * np.sqrt(0.05 * 0.95 / sets)


def clean(a):
    if a.pictures:
        clean_maps(a)
        return
    shapes = a.shapes.split(",") if a.shapes else SHAPES
    found = dict.fromkeys(shapes, 0)
    for i in range(a.sets):
        shape = shapes[i % len(shapes)]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            x, labels = clean_set(shape, i)
            np.save(folder / "x.npy", x)
            np.save(folder / "y.npy", labels)
            words = {"table": weights_of(folder, len(x), i), "weight": "wt"} if a.weighed else {}
            result = audit(a.despur, folder, folder / "x.npy", labels=folder / "y.npy", seed=i, threads=1, **words)
        found[shape] += result["verdict"] in ("leans on it", "weak group")
    total = sum(found.values())
    print(f"found in {total} of {a.sets} clean sets = {100 * total / a.sets:.1f} % ({found}); allowed {allowed(a.sets):.1f} %")


PICTURED = ("even", "anywhere", "middle", "twice")
TRAINED = "trained"  # by name only: what a network has learned is no one cloud a class
ALIKE = ("even", "anywhere")  # no place counts more than another, by how they are made
SIDE = 16


def clean_pictures(shape, seed, n=1000):
    """Pictures with the class in red against blue, and noise; the label says all that goes with anything.

    even: the colour is that of the whole picture; anywhere: of a square that lies somewhere, going on at the other edge where it
    leaves the picture; middle, trained: of one in the middle; twice: of two squares in opposite corners, each with a strength of its own.
    """
    rng = np.random.default_rng([50 + (*PICTURED, TRAINED).index(shape), seed])
    labels = rng.integers(0, 2, n)
    squares = {"even": [(0, 0, SIDE)], "anywhere": [(0, 0, 6)], "twice": [(2, 2, 4), (10, 10, 4)]}.get(shape, [(4, 4, 8)])
    x = 0.5 + 0.1 * rng.normal(size=(n, 3, SIDE, SIDE))
    for top, left, side in squares:
        strength = 0.15 * (2 * labels - 1 + 0.9 * rng.normal(size=n))[:, None, None]
        x[:, 0, top : top + side, left : left + side] += strength
        x[:, 2, top : top + side, left : left + side] -= strength
    if shape == "anywhere":  # by whole windows of the convolution, so that the network sees the same elsewhere
        for picture, (down, right) in zip(x, 2 * rng.integers(0, SIDE // 2, (n, 2))):
            picture[:] = np.roll(picture, (down, right), (1, 2))
    return np.clip(255 * x, 0, 255).round().astype(np.uint8), labels


def colours():
    """A network that averages what windows of 2 x 2 have of each colour, and lack of it; a last layer is fitted."""
    conv = np.concatenate([np.eye(3), -np.eye(3)])[:, :, None, None] * np.full((1, 1, 2, 2), 0.25)
    return tiny_onnx.network(conv, np.repeat([-0.5, 0.5], 3), np.zeros((2, 6)), np.zeros(2), SIDE)


def picture_folder(folder, pictures, labels):
    for i, (picture, label) in enumerate(zip(pictures, labels)):
        place = folder / ("blue", "red")[label]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i:04d}.ppm").write_bytes(b"P6\n%d %d\n255\n" % picture.shape[1:] + picture.transpose(1, 2, 0).tobytes())


def picture_run(despur, folder, pictures, labels, seed):
    """A LeNet of two epochs; its last convolution needs larger pictures."""
    arrays = {"images": pictures.repeat(2, 2).repeat(2, 3), "labels": labels, "splits": (np.arange(len(labels)) >= 0.9 * len(labels)) * 2}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array.astype(np.uint8))
    (folder / "run.yaml").write_text(
        f"seed: {seed}\ndata: {{source: npy, images: images.npy, labels: labels.npy, splits: splits.npy}}\nmodel: {{arch: lenet}}\n"
        "train: {method: erm, epochs: 2, batch_size: 25, optimizer: {name: adam, lr: 0.002}}\n", encoding="utf-8")
    subprocess.run([os.path.abspath(despur), "run", "run.yaml", "--out", "run", "--quiet", "--threads", "1"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def looked_at(despur, folder, shape, seed):
    """The audit of a clean set by the maps alone."""
    pictures, labels = clean_pictures(shape, seed)
    words = {"finders": "maps", "seed": seed, "threads": 1}
    if shape == TRAINED:
        picture_run(despur, folder, pictures, labels, seed)
        return audit(despur, folder, folder / "run", **words)
    picture_folder(folder / "pictures", pictures, labels)
    (folder / "colours.onnx").write_bytes(colours())
    return audit(despur, folder, folder / "pictures", model=folder / "colours.onnx", preprocess="unit", **words)


def clean_maps(a):
    shapes = a.shapes.split(",") if a.shapes else PICTURED
    sets, found, leans, confirmed, errors = ({shape: 0 for shape in shapes} for _ in range(5))
    for i in range(a.sets):
        shape = shapes[i % len(shapes)]
        with tempfile.TemporaryDirectory() as name:
            os.environ["XDG_CACHE_HOME"] = name
            result = looked_at(a.despur, pathlib.Path(name), shape, i)
        sets[shape] += 1
        found[shape] += result["verdict"] in ("leans on it", "weak group")
        leans[shape] += result["verdict"] == "leans on it"
        confirmed[shape] += any(t["confirmed"] for t in result["pasted"]["tests"])
        errors[shape] += result["error"] / len(range(shapes.index(shape), a.sets, len(shapes)))
    total, alike = sum(found.values()), [shape for shape in shapes if shape in ALIKE]
    print(f"found in {total} of {a.sets} clean sets of pictures = {100 * total / a.sets:.1f} % ({found} of {sets}); leans on it: {leans}; "
          f"allowed {allowed(a.sets):.1f} %; errors {({shape: round(e, 3) for shape, e in errors.items()})}")
    if alike:
        count = sum(sets[shape] for shape in alike)
        print(f"the paste test confirms in {sum(confirmed[shape] for shape in alike)} of {count} where no place counts more than another; "
              f"allowed {allowed(count):.1f} %; in all: {confirmed}")


def power_set(n, share, excess, r, weighed):
    """Two classes with 10 % errors; more of them where class 1 is at the site north."""
    rng = np.random.default_rng([n, int(1000 * share), r])
    labels = np.arange(n) % 2
    member = rng.random(n) < share
    wrong = rng.random(n) < 0.1 + excess * (member & (labels == 1))
    weight = np.exp(rng.normal(size=n)) if weighed else np.ones(n)
    rows = [f"{y},{1 - y if w else y},{'north' if m else 'south'},{t}\n" for y, w, m, t in zip(labels, wrong, member, weight)]
    return "y,pred,site,wt\n" + "".join(rows)


def power(a):
    """The limit is the mean of those that pages of sets without such a group print."""
    print("n, share, limit, found, standard error, promised")
    for n in (2000, 8000):
        for share in (0.05, 0.1, 0.2):
            limits, hits = [], 0
            for r in range(LIMITS + a.repeats):
                if r == LIMITS and len(limits) < LIMITS:
                    break
                with tempfile.TemporaryDirectory() as name:
                    folder = pathlib.Path(name)
                    excess = 0.0 if r < LIMITS else np.mean(limits)
                    (folder / "t.csv").write_text(power_set(n, share, excess, r, a.weighed), encoding="utf-8")
                    words = {"table": folder / "t.csv", "label": "y", "prediction": "pred", "by": "site", "weight": "wt"}
                    result = audit(a.despur, folder, seed=r, **words)
                if r < LIMITS:
                    said = [x["excess"] for x in result["detection_limits"] if x["class"] == "1" and abs(x["share"] - share) < 1e-9]
                    limits += [x for x in said if x is not None]
                else:
                    hits += any(c["confirmed"] and c["class"] == "1" for c in result["cells"])
            if len(limits) < LIMITS:
                print(f"{n}, {share}, nothing could be found of so few")
                continue
            found = hits / a.repeats
            print(f"{n}, {share}, {np.mean(limits):.3f}, {found:.2f}, {np.sqrt(0.16 / a.repeats):.2f}, 0.80", flush=True)


WEIGHED = ("lognormal", "heavy", "strata", "hard", "scarce", "sampled")


def weighed_set(shape, seed, n=2000):
    """Labels, predictions, columns and weights. In the population that these stand for, errors have nothing to do with any column.

    lognormal, heavy: of everything independent, with a deviation of 1 and 1.5 of the logarithm; strata: by site and class,
    1 to 30; hard: a tenth is hard, drawn ten times as often and weighs a tenth; scarce: drawn a third as often, and weighs
    three times as much; sampled: as hard at site 0 alone, where rows without weights have more errors.
    """
    rng = np.random.default_rng([WEIGHED.index(shape), seed])
    y, site, age = rng.integers(0, 2, n), rng.integers(0, 6, n), rng.integers(18, 90, n)
    weights = np.ones(n)
    if shape in ("lognormal", "heavy"):
        weights = np.exp((1.5 if shape == "heavy" else 1) * rng.normal(size=n))
    if shape == "strata":
        weights = np.exp(np.linspace(0, np.log(30), 12))[rng.permutation(12)][2 * site + y]
    times = {"hard": 10, "sampled": 10, "scarce": 1 / 3}.get(shape, 1)
    times = np.where(site == 0, times, 1) if shape == "sampled" else np.full(n, times)
    hard = rng.random(n) < times / (times + 9)
    weights = np.where(hard, weights / times, weights)
    wrong = rng.random(n) < np.where(hard, 0.5, 0.05)
    return y, np.where(wrong, 1 - y, y), site, age, weights


def weights(a):
    """The same tables with their weights and without; allowed is what 5 % and chance let be found with them."""
    print(f"weights, found with them, without; allowed {allowed(a.sets):.1f} %")
    for shape in WEIGHED:
        found = {True: 0, False: 0}
        for i in range(a.sets):
            with tempfile.TemporaryDirectory() as name:
                folder = pathlib.Path(name)
                rows = zip(*weighed_set(shape, i))
                (folder / "t.csv").write_text("y,pred,site,age,wt\n" + "".join(",".join(map(str, r)) + "\n" for r in rows), encoding="utf-8")
                for weighed in found:
                    words = {"weight": "wt"} if weighed else {}
                    result = audit(a.despur, folder, folder / "t.csv", by="site,age", seed=i, threads=1, **words)
                    found[weighed] += result["verdict"] in ("leans on it", "weak group")
        print(f"{shape}, {100 * found[True] / a.sets:.1f} %, {100 * found[False] / a.sets:.1f} %", flush=True)


def cells_of(folder, result, cell):
    """Which examples are in a cell: groups.csv has the first finding's."""
    with open(folder / "out" / "groups.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([int(r["a"]) == cell["cell"] for r in rows])


def celeba(a):
    folder = pathlib.Path(a.directory)
    with gzip.open(folder / "metadata_blond_male_all.csv.gz", "rt", encoding="utf-8") as file:
        rows = [r for r, _ in zip(csv.DictReader(file), range(10000))]
    blond, male = np.array([int(r["y"]) for r in rows]), np.array([int(r["place"]) for r in rows])
    good = {"by rows": 0, "by partitions": 0}  # the order of the table, and that of the candidates
    with tempfile.TemporaryDirectory() as name:
        own = pathlib.Path(name)
        np.save(own / "y.npy", blond)
        for half in range(a.halves):
            result = audit(a.despur, own, folder / "celeba10k_mbv1_pw12_f16.npy", labels=own / "y.npy", seed=half)
            names = [c["name"] for c in result["candidates"]]
            rows = [c for c in result["cells"] if c["class"] == "1" and (c["confirmed"] or c["answers"])]
            orders = {"by rows": rows, "by partitions": sorted(rows, key=lambda c: names.index(c["candidate"]))}
            partitions = np.load(own / "out" / "partitions.npy")
            said = []
            for order, (first, *_) in ((order, found or [None]) for order, found in orders.items()):
                if not first:
                    continue
                of = names.index(first["candidate"])
                inside = partitions[:, of] == first["cell"]
                times = male[inside & (blond == 1)].mean() / male[blond == 1].mean()
                verdict = result["candidates"][of]["verdict"]
                good[order] += times >= 4 and verdict == "leans on it"
                said.append(f"{order} {verdict}, {times:.1f} times the share of men, {first['candidate']}")
            print(f"half {half}: {result['verdict']}; class blond: {'; '.join(said) or 'nothing'}", flush=True)
    print(", ".join(f"{order} {count}" for order, count in good.items()) + f" of {a.halves} halves")


def best_slices(result, partitions, labels, attributes):
    """Of each finder's slices of a class, on the confirmation half, the one with the largest share of conflicting examples."""
    halves = partitions[:, -1]
    best = {}
    for k, c in enumerate(result["candidates"]):
        for cell in range(c["cells"]):
            for y in (0, 1):
                rest = (halves == 1) & (labels == y)
                inside = rest & (partitions[:, k] == cell)
                if inside.sum() < 10:
                    continue
                conflicting = attributes != labels
                times = conflicting[inside].mean() / conflicting[rest].mean()
                recall = conflicting[inside].sum() / conflicting[rest].sum()
                if times > best.get(c["finder"], (0,))[0]:
                    best[c["finder"]] = (times, recall, k + 1, int(inside.sum()), y)
    print(f"{result['verdict']}; finder, enrichment, recall, rank, examples, class")
    for finder, found in best.items():
        print(f"{finder}, {found[0]:.1f}, {found[1]:.2f}, {found[2]}, {found[3]}, {found[4]}")


def catdog(a):
    folder = pathlib.Path(a.directory)
    labels, attributes, splits = (np.load(folder / f"{x}.npy") for x in ("labels", "attributes", "splits"))
    with tempfile.TemporaryDirectory() as name:
        own = pathlib.Path(name)
        asked_for = {"finders": a.finders} if a.finders else {}
        result = audit(a.despur, own, folder / "features.npy", labels=folder / "labels.npy", splits=folder / "splits.npy", seed=a.seed, **asked_for)
        best_slices(result, np.load(own / "out" / "partitions.npy"), labels, attributes)


def pictures(a):
    """As a person has them: a folder of PNG files with a table."""
    from PIL import Image

    folder = pathlib.Path(a.directory)
    labels, attributes, splits = (np.load(folder / f"{x}.npy") for x in ("labels", "attributes", "splits"))
    with tempfile.TemporaryDirectory() as name:
        own = pathlib.Path(name)
        seen = own / "pictures"
        seen.mkdir()
        with open(seen / "metadata.csv", "w", encoding="utf-8") as table:
            table.write("filename,y,split\n")
            for i, picture in enumerate(np.load(a.images)):
                Image.fromarray(picture.transpose(1, 2, 0)).save(seen / f"{i:05d}.png")
                table.write(f"{i:05d}.png,{('cat', 'dog')[labels[i]]},{('train', 'val', 'test')[splits[i]]}\n")
        result = audit(a.despur, own, seen, model=a.model, preprocess="lite", filter="bicubic", seed=a.seed, repeats=a.halves)
        best_slices(result, np.load(own / "out" / "partitions.npy"), labels, attributes)
        np.save(own / "attributes.npy", attributes)
        words = [a.despur, "repair", own / "out" / "features.npy", "--table", own / "out" / "features.npy.csv", "--groups",
                 own / "out" / "groups.csv", "--attributes", own / "attributes.npy", "--method", "balanced", "--out", own / "repaired", "--json"]
        repaired = json.loads(subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout)
    for when in ("before", "after"):
        print(f"worst group {when} a repair by these groups, attributes measuring only: {100 * repaired[when]['worst_group_accuracy']:.1f} % "
              f"({100 * repaired[when]['worst_group_low']:.1f} to {100 * repaired[when]['worst_group_high']:.1f}), "
              f"average {100 * repaired[when]['average_accuracy']:.1f} %")
    print(f"with {result['repeats']} other halves: leans on something in {result['repeats_leaning']}, finds these again in "
          f"{result['repeats_found_again']}")
    for t in result["pasted"]["tests"]:
        r = t["region"]
        print(f"{r['height']} x {r['width']} pixels of class {t['class']}, {r['top']} down and {r['left']} in, with "
              f"{100 * t['evidence_share']:.1f} % of the evidence, over {t['count']} others: "
              f"{t['followed']} follow, elsewhere {t['followed_elsewhere']}; {100 * t['difference']:.1f} points more "
              f"({100 * t['difference_low']:.1f} to {100 * t['difference_high']:.1f}), p {t['p_adjusted']:.2g}")


def asked(a):
    """A person notes the patch of 100 examples, or something that has nothing to do with anything."""
    folder = pathlib.Path(a.directory)
    labels = np.load(folder / "labels.npy")
    rng = np.random.default_rng(0)
    noted = {"the patch": np.load(folder / "attributes.npy"), "nothing": rng.integers(0, 2, len(labels))}
    verdicts = {what: [] for what in noted}
    for seed in range(a.halves):
        with tempfile.TemporaryDirectory() as name:
            own = pathlib.Path(name)
            words = {"labels": folder / "labels.npy", "splits": folder / "splits.npy", "seed": seed}
            audit(a.despur, own, folder / "features.npy", label_some=100, **words)
            with open(own / "out" / "to_label.csv", encoding="utf-8") as file:
                rows = [int(r["example"]) for r in csv.DictReader(file)]
            for what, values in noted.items():
                (own / "noted.csv").write_text("example,attribute\n" + "".join(f"{r},{values[r]}\n" for r in rows))
                result = audit(a.despur, own, folder / "features.npy", labelled=own / "noted.csv", **words)
                verdicts[what].append(result["noted"]["verdict"])
    for what, found in verdicts.items():
        print(f"{what}: " + ", ".join(f"{found.count(v)} {v}" for v in sorted(set(found))), flush=True)


def said_to_be_minority(cells, labels, wrong):
    """Of each class the examples of cells that have more errors than the rest of the class."""
    said = np.zeros(len(labels), bool)
    for y in np.unique(labels):
        for cell in np.unique(cells[labels == y]):
            inside, rest = (labels == y) & (cells == cell), (labels == y) & (cells != cell)
            said |= inside & (rest.any() and wrong[inside].mean() > wrong[rest].mean())
    return said


def spuco(a):
    for difficulty in ("magnitude_large", "variance_low", "variance_medium", "variance_high"):
        with tempfile.TemporaryDirectory() as name:
            own = pathlib.Path(name)
            subprocess.run([a.despur, "run", f"{a.directory}/erm-{difficulty}.yaml", "train.epochs=1", f"data.images={a.images}",
                            *([f"data.strength={a.strength}", f"seed={a.seed}"] if a.strength else []), "--out", own / "run", "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)
            result = audit(a.despur, own, own / "run", seed=a.seed)
            if a.strength:
                print(f"{difficulty} of strength {a.strength}, seed {a.seed}: {result['verdict']}; {result['candidates'][0]['name']}", flush=True)
                continue
            with open(own / "out" / "groups.csv", encoding="utf-8") as file:
                rows = [r for r in csv.DictReader(file) if r["split"] == "train"]
            cells, labels = np.array([int(r["a"]) for r in rows]), np.array([int(r["y"]) for r in rows])
            attributes = np.array([int(r["attribute"]) for r in rows])
            wrong = np.array([int(r["prediction"]) for r in rows]) != labels
        main_colour = {y: np.bincount(attributes[labels == y]).argmax() for y in set(labels)}
        said = said_to_be_minority(cells, labels, wrong)
        true = np.array([attributes[i] != main_colour[labels[i]] for i in range(len(labels))])
        print(f"{difficulty}: {result['verdict']}; minority: precision {100 * (said & true).sum() / max(1, said.sum()):.1f} %, "
              f"recall {100 * (said & true).sum() / true.sum():.1f} %; {result['candidates'][0]['name']}", flush=True)


def speed(a):
    """Processor seconds of both, on two threads: a clock would count whoever else is at work."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, a.rows)
    with tempfile.TemporaryDirectory() as name:
        own = pathlib.Path(name)
        x = np.lib.format.open_memmap(own / "x.npy", "w+", np.float32, (a.rows, a.columns))
        for start in range(0, a.rows, 10000):
            part = labels[start : start + 10000]
            x[start : start + len(part)] = rng.standard_normal((len(part), a.columns))
            x[start : start + len(part), 0] += 1.2 * (2 * part - 1)
        x.flush()
        np.save(own / "y.npy", labels)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        audit(a.despur, own, own / "x.npy", labels=own / "y.npy", threads=2)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        size = (own / "x.npy").stat().st_size
        print(f"despur audit, all of it: {spent:.1f} s, {1024 * after.ru_maxrss / size:.2f} times the file in memory")
        values = np.load(own / "x.npy")
    total = 0.0
    for step, seconds in scikit_learn(values, labels, rng):
        total += seconds
        print(f"scikit-learn, {step}: {seconds:.1f} s", flush=True)
    print(f"scikit-learn, together: {total:.1f} s = {total / spent:.1f} times")


def scikit_learn(x, labels, rng):
    """The same steps: standardise, a head in five folds, three weaker ones, components and k-means of a half."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.preprocessing import StandardScaler

    clock = [time.process_time()]

    def lap():
        clock.append(time.process_time())
        return clock[-1] - clock[-2]

    x = StandardScaler().fit_transform(x)
    yield "standardise", lap()
    cross_val_predict(LogisticRegression(C=1 / (0.03 * 0.8 * len(x))), x, labels, cv=5)
    yield "a head in five folds", lap()
    half = rng.permutation(len(x))[: len(x) // 2]
    for l2 in (1, 0.1, 0.03):
        LogisticRegression(C=1 / (l2 * len(half))).fit(x[half], labels[half]).predict(x)
    yield "three weaker heads", lap()
    pca = PCA(32, random_state=0).fit(x[half[:32768]])
    reduced = pca.transform(x)
    yield "components", lap()
    for k in range(2, 9):
        KMeans(k, n_init=5, random_state=0).fit(reduced[half]).predict(reduced)
    for y in (0, 1):
        for k in range(2, 5):
            KMeans(k, n_init=5, random_state=0).fit(reduced[half[labels[half] == y]]).predict(reduced)
    yield "k-means, of all and of each class", lap()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("despur")
    parser.add_argument("what", choices=("clean", "power", "weights", "celeba", "catdog", "pictures", "asked", "spuco", "speed"))
    parser.add_argument("directory", nargs="?")
    parser.add_argument("images", nargs="?")
    parser.add_argument("--model", help="of pictures: an ONNX model")
    parser.add_argument("--finders", help="of catdog: as despur takes them")
    parser.add_argument("--shapes", help="of clean sets, with commas between (default all)")
    parser.add_argument("--weighed", action="store_true", help="clean and power: with weights, lognormal")
    parser.add_argument("--pictures", action="store_true", help="clean: of pictures that a network looks at")
    parser.add_argument("--strength", type=float, help="of spuco: how often a class has its colour, in place of the recipes'")
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--halves", type=int, default=20)
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--columns", type=int, default=512)
    parser.add_argument("--seed", type=int, default=0)
    a = parser.parse_args()
    {"clean": clean, "power": power, "weights": weights, "celeba": celeba, "catdog": catdog, "pictures": pictures, "asked": asked,
     "spuco": spuco, "speed": speed}[a.what](a)


if __name__ == "__main__":
    main()
