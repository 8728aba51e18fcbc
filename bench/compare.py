#!/usr/bin/env python3
"""The same work by despur and by its peers, alternating in one run: PyTorch, scikit-learn, umap-learn, SpuCo.

    compare.py BUILD_DIRECTORY [--rounds N] [--only WORDS] [--quick] [--docs FILE] [--spuco-python PYTHON --mnist DIR]

`make bench-peers` calls it with everything. Every comparison first checks that both sides compute the same thing, and says what
was checked; one that fails its check is printed as failed and has no ratio. Prints Markdown; with --docs also writes it between
the markers of that file. A ratio is the median over rounds of (peer's seconds / despur's seconds of the same round). Threads are
1, 2, ... as given by --threads; each side uses its best of them unless a row says how many.
"""
import argparse
import datetime
import importlib.util
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

import own_kernels  # noqa: F401  (first)
import numpy as np


def run_peer(context, *words):
    """One call of bench/peer.c: its line of JSON."""
    out = subprocess.run([context.peer, *map(str, words)], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(out)


def alternate(rounds, sides, ours):
    """{label: [seconds of each round]}: every side once a round, in turn. Of more than two options of the peer only the two
    that are fastest in a first round, which is not counted, go on."""
    options = [label for label in sides if label not in ours]
    if len(options) > 2:
        fastest = sorted(options, key=lambda label: sides[label]())[:2]
        sides = {label: work for label, work in sides.items() if label in ours or label in fastest}
    seconds = {label: [] for label in sides}
    for _ in range(rounds):
        for label, work in sides.items():
            seconds[label].append(work())
    return seconds


def ratio_row(context, work, peer, target, checked, seconds, ours):
    """A row whose ratio is that of the peer's fastest label to ours, round by round."""
    best = min((label for label in seconds if label not in ours), key=lambda label: statistics.median(seconds[label]))
    rows = []
    for label in ours:
        ratios = [theirs / mine for theirs, mine in zip(seconds[best], seconds[label])]
        wanted = target[label] if isinstance(target, dict) else target
        rows.append({"work": work, "peer": f"{peer}, {best}", "theirs": statistics.median(seconds[best]), "despur": label,
                     "ours": statistics.median(seconds[label]), "ratio": statistics.median(ratios),
                     "low": min(ratios), "high": max(ratios), "target": wanted, "checked": checked})
    return rows


def failed_row(work, peer, reason):
    return [{"work": work, "peer": peer, "failed": reason}]


def near(a, b, tolerance):
    return abs(a - b) <= tolerance


# ---- training ----

LENET_LAYERS = [("conv1", (6, 3, 5, 5)), ("conv2", (16, 6, 5, 5)), ("fc1", (120, 400)), ("fc2", (84, 120)), ("classifier", (5, 84))]
MLP_LAYERS = [("fc1", (512, 2352)), ("fc2", (256, 512)), ("classifier", (5, 256))]
BATCH, FIRST_STEPS, LOSS_TOLERANCE = 64, 10, 1e-4


def initial_weights(layers):
    """Uniform within 1/sqrt(inputs), as PyTorch's layers do by default, float32."""
    random = np.random.default_rng(1)
    weights = {}
    for name, shape in layers:
        bound = 1 / np.sqrt(np.prod(shape[1:]))
        weights[f"{name}.weight"] = random.uniform(-bound, bound, shape).astype(np.float32)
        weights[f"{name}.bias"] = random.uniform(-bound, bound, shape[0]).astype(np.float32)
    return weights


def write_safetensors(path, weights):
    header, data = {}, b""
    for name, values in weights.items():
        piece = values.tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


def torch_network(torch, arch):
    """Forward pass as a module; despur's MLP without dropout."""
    nn, functional = torch.nn, torch.nn.functional

    class LeNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(3, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
            self.fc1, self.fc2, self.classifier = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 5)

        def forward(self, x):
            x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
            x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
            x = functional.relu(self.fc1(torch.flatten(x, 1)))
            return self.classifier(functional.relu(self.fc2(x)))

    class MLP(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc2, self.classifier = nn.Linear(2352, 512), nn.Linear(512, 256), nn.Linear(256, 5)

        def forward(self, x):
            x = functional.relu(self.fc1(torch.flatten(x, 1)))
            return self.classifier(functional.relu(self.fc2(x)))

    return LeNet() if arch == "lenet" else MLP()


class TorchTraining:
    """A lean loop over tensors in memory: nothing but what the training needs."""

    def __init__(self, torch, arch, weights, images, labels, threads, channels_last, compiled):
        self.torch, self.weights, self.images, self.labels, self.threads = torch, weights, images, labels, threads
        torch.set_num_threads(threads)
        self.net = torch_network(torch, arch)
        if channels_last:
            self.net = self.net.to(memory_format=torch.channels_last)
        self.forward = torch.compile(self.net) if compiled else self.net
        for last in ([len(labels) % BATCH] if len(labels) % BATCH else []) + [BATCH]:  # compiles, which is not timed
            torch.nn.functional.cross_entropy(self.forward(images[:last]), labels[:last]).backward()

    def epoch(self, order):
        """One epoch from the initial weights: seconds, and the first losses."""
        torch, functional = self.torch, self.torch.nn.functional
        torch.set_num_threads(self.threads)
        with torch.no_grad():
            for name, values in self.net.named_parameters():
                values.copy_(torch.from_numpy(self.weights[name]))
        fused = {"fused": True} if "fused" in torch.optim.SGD.__init__.__code__.co_varnames else {}
        sgd = torch.optim.SGD(self.net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.0005, **fused)
        order, losses = torch.from_numpy(order.astype(np.int64)), []
        start = time.perf_counter()
        for at in range(0, len(order), BATCH):
            batch = order[at:at + BATCH]
            sgd.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(self.forward(self.images[batch]), self.labels[batch])
            loss.backward()
            sgd.step()
            if len(losses) < FIRST_STEPS:
                losses.append(loss.detach())
        return time.perf_counter() - start, [float(loss) for loss in losses]


def torch_options(torch, arch, threads, quick):
    """{label: keywords of TorchTraining}: what may be fastest."""
    options = {}
    for count in threads:
        plain = {"threads": count, "channels_last": False, "compiled": False}
        options[f"{count} thread{'s' * (count > 1)}"] = plain
        if arch == "lenet":
            options[f"{count} thread{'s' * (count > 1)}, channels last"] = {**plain, "channels_last": True}
        if hasattr(torch, "compile") and not quick:
            options[f"{count} thread{'s' * (count > 1)}, compiled"] = {**plain, "compiled": True}
    return options


def compare_training(context, arch):
    work = f"{arch.upper() if arch == 'mlp' else 'LeNet'}, an epoch of {{}} images, batch {BATCH}"
    torch = context.module("torch")
    if not torch:
        return failed_row(work.format("48,000"), "PyTorch", "not installed")
    digits = 12000 if context.quick else 60000
    count = run_peer(context, "images", digits, context.path("images.f32"), context.path("labels.u32"))["count"]
    work = work.format(f"{count:,}")
    images = torch.from_numpy(np.fromfile(context.path("images.f32"), np.float32).reshape(count, 3, 28, 28))
    labels = torch.from_numpy(np.fromfile(context.path("labels.u32"), np.uint32).astype(np.int64))
    weights = initial_weights(LENET_LAYERS if arch == "lenet" else MLP_LAYERS)
    write_safetensors(context.path("init.safetensors"), weights)
    order = np.random.default_rng(2).permutation(count).astype(np.uint32)
    order.tofile(context.path("order.u32"))

    def ours(threads):
        return run_peer(context, "train", digits, arch, context.path("init.safetensors"), context.path("order.u32"), BATCH,
                        threads, context.path("losses.f64"))["seconds"]

    ours(1)
    wanted = np.fromfile(context.path("losses.f64"))[:FIRST_STEPS]
    sides, worst = {}, 0
    for label, keywords in torch_options(torch, arch, context.threads, context.quick).items():
        try:
            training = TorchTraining(torch, arch, weights, images, labels, **keywords)
            losses = training.epoch(order[:FIRST_STEPS * BATCH])[1]
        except Exception as reason:  # no compiler, say
            print(f"PyTorch, {label}: left out ({str(reason).splitlines()[0][:100]})", file=sys.stderr)
            continue
        difference = max(abs(got / want - 1) for got, want in zip(losses, wanted))
        if difference > LOSS_TOLERANCE:
            return failed_row(work, f"PyTorch, {label}", f"losses differ by {difference:.1e}")
        worst = max(worst, difference)
        sides[label] = lambda training=training: training.epoch(order)[0]
    names = {f"{n} thread{'s' * (n > 1)} ": n for n in context.threads}
    sides.update({name: lambda n=n: ours(n) for name, n in names.items()})
    target = {name: 3.5 if n == 1 else 6 for name, n in names.items()} if arch == "lenet" else None
    checked = f"same images, weights and order; first {FIRST_STEPS} losses within {worst:.0e}"
    return ratio_row(context, work, f"PyTorch {torch.__version__}", target, checked, alternate(context.rounds, sides, names), list(names))


# ---- clustering ----

def blobs(n, d, centres, spread, seed=0):
    """Overlapping clouds."""
    random = np.random.default_rng(seed)
    middle = spread * random.standard_normal((centres, d))
    labels = random.integers(centres, size=n)
    points = (middle[labels] + random.standard_normal((n, d))).astype(np.float32)
    return points, labels.astype(np.uint32)


def compare_silhouette(context, n, d):
    work, metrics = f"silhouette, exact, {n:,} x {d}", context.module("sklearn.metrics")
    if not metrics:
        return failed_row(work, "scikit-learn", "not installed")
    points, labels = blobs(n, d, 5, 0.3)
    points.tofile(context.path("points.f32"))
    labels.tofile(context.path("labels.u32"))

    def ours(threads):
        return run_peer(context, "silhouette", context.path("points.f32"), n, d, context.path("labels.u32"), 5, threads)

    def theirs():
        start = time.perf_counter()
        metrics.silhouette_score(points, labels)
        return time.perf_counter() - start

    difference = abs(metrics.silhouette_score(points.astype(np.float64), labels) - ours(1)["mean"])
    if difference > 1e-5:
        return failed_row(work, "scikit-learn", f"silhouettes differ by {difference:.1e}")
    most = max(context.threads)
    label = f"{most} threads"
    seconds = alternate(context.rounds, {"all threads": theirs, label: lambda: ours(most)["seconds"]}, [label])
    return ratio_row(context, work, context.sklearn, 15, f"means within {difference:.0e}", seconds, [label])


def inertia_of(points, labels):
    """In double precision, about the means."""
    total = 0
    for label in np.unique(labels):
        members = points[labels == label].astype(np.float64)
        total += ((members - members.mean(0)) ** 2).sum()
    return total


def compare_kmeans(context, n, d):
    work, cluster = f"k-means, {n:,} x {d}, 4 clusters, 10 starts", context.module("sklearn.cluster")
    if not cluster:
        return failed_row(work, "scikit-learn", "not installed")
    points, _ = blobs(n, d, 4, 0.08)
    points.tofile(context.path("points.f32"))
    fitted = {}

    def theirs():
        start = time.perf_counter()
        fitted["labels"] = cluster.KMeans(n_clusters=4, n_init=10, random_state=0).fit(points).labels_
        return time.perf_counter() - start

    def ours(threads):
        return run_peer(context, "kmeans", context.path("points.f32"), n, d, 4, 10, threads, context.path("out.u32"))["seconds"]

    most = max(context.threads)
    ours(most), theirs()
    mine = inertia_of(points, np.fromfile(context.path("out.u32"), np.uint32))
    excess = mine / inertia_of(points, fitted["labels"]) - 1
    if excess > 1e-6:
        return failed_row(work, "scikit-learn", f"despur's inertia is higher by {excess:.1e}")
    label = f"{most} threads"
    seconds = alternate(context.rounds, {"all threads": theirs, label: lambda: ours(most)}, [label])
    return ratio_row(context, work, context.sklearn, 6, f"inertia, from the labels: {excess:+.1e}", seconds, [label])


def compare_mixture(context, n, d):
    work, mixture = f"Gaussian mixture, full, {n:,} x {d}, 4 components", context.module("sklearn.mixture")
    if not mixture:
        return failed_row(work, "scikit-learn", "not installed")
    points, _ = blobs(n, d, 4, 0.2)
    points.tofile(context.path("points.f32"))
    fitted = {}

    def theirs():
        start = time.perf_counter()
        fitted["model"] = mixture.GaussianMixture(4, random_state=0).fit(points.astype(np.float64))
        return time.perf_counter() - start

    def ours(threads):
        return run_peer(context, "mixture", context.path("points.f32"), n, d, 4, threads)

    most = max(context.threads)
    theirs()
    result = ours(most)
    difference = result["log_likelihood"] - fitted["model"].score(points.astype(np.float64))
    if abs(difference) > 1e-3:
        return failed_row(work, "scikit-learn", f"log-likelihoods differ by {difference:+.1e}: another optimum")
    checked = (f"mean log-likelihoods within {abs(difference):.0e}; {result['iterations']} iterations against "
               f"{fitted['model'].n_iter_}")
    label = f"{most} threads"
    seconds = alternate(context.rounds, {"all threads": theirs, label: lambda: ours(most)["seconds"]}, [label])
    return ratio_row(context, work, context.sklearn, 6, checked, seconds, [label])


def compare_umap(context, n, d):
    work, umap, manifold = f"UMAP, {n:,} x {d}", context.module("umap"), context.module("sklearn.manifold")
    if not umap:
        return failed_row(work, "umap-learn", "not installed")
    points, _ = blobs(n, d, 10, 0.5)
    points.tofile(context.path("points.f32"))
    fitted = {}

    def theirs():
        start = time.perf_counter()
        fitted["places"] = umap.UMAP().fit_transform(points)
        return time.perf_counter() - start

    def ours(threads):
        return run_peer(context, "umap", context.path("points.f32"), n, d, threads, context.path("out.f32"))["seconds"]

    most, few = max(context.threads), slice(0, min(n, 4000))
    theirs()  # compiles
    ours(most)
    mine = np.fromfile(context.path("out.f32"), np.float32).reshape(n, 2)
    trust = [manifold.trustworthiness(points[few], places[few], n_neighbors=15) for places in (mine, fitted["places"])]
    if trust[0] < trust[1] - 0.01:
        return failed_row(work, "umap-learn", f"trustworthiness {trust[0]:.3f} against {trust[1]:.3f}")
    label = f"{most} threads"
    seconds = alternate(max(3, context.rounds // 2), {"after its warm-up": theirs, label: lambda: ours(most)}, [label])
    return ratio_row(context, work, f"umap-learn {umap.__version__}", 3,
                     f"trustworthiness {trust[0]:.3f} against {trust[1]:.3f}", seconds, [label])


# ---- whole runs ----

def despur_recipe(context, *overrides):
    """Wall seconds and peak resident MB of `despur run recipes/george-blog.yaml`. A process inherits the peak of the one that
    started it, so a shell stands between this one and the tool, and the tool's own record is read."""
    out = context.path("run")
    command = [context.despur, "run", os.path.join(context.source, "recipes", "george-blog.yaml"), *overrides, "--quiet",
               "--force", "--out", out]
    start = time.perf_counter()
    subprocess.run(["sh", "-c", '"$@"; exit $?', "sh", *command], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    with open(os.path.join(out, "timing.json")) as file:
        return seconds, json.load(file)["peak_resident_mb"]


def spuco_recipe(context):
    environment = {**os.environ, "TQDM_DISABLE": "1"}
    out = subprocess.run([context.spuco_python, os.path.join(context.source, "bench", "spuco_pipeline.py"), context.mnist],
                         check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment).stdout.decode()
    return float(out.splitlines()[-1])


RECORDED_SPUCO = 72.0  # seconds: SpuCo 2.1.0 on PyTorch 1.13, on a machine of the same kind; not measured by this script


def compare_recipe(context):
    overrides = [f"data.images={context.mnist}"] if context.mnist else ["data.images=digits"]
    work = f"recipe george-blog from start to end, {'MNIST' if context.mnist else 'built-in digits'}"
    memory = despur_recipe(context, *overrides)[1]
    checked = f"same stages, epochs and sizes, not the same random numbers; despur's resident memory {memory:.0f} MB (at most 120 wanted)"
    ours = lambda: despur_recipe(context, *overrides)[0]
    label = f"{os.cpu_count()} processors"
    if context.spuco_python and context.mnist and not context.quick:
        try:
            seconds = alternate(2, {"4 loader workers": lambda: spuco_recipe(context), label: ours}, [label])
            return ratio_row(context, work, "SpuCo", 20, checked, seconds, [label])
        except (subprocess.CalledProcessError, ValueError) as reason:
            print(f"SpuCo: left out ({reason})", file=sys.stderr)
    seconds = [ours() for _ in range(context.rounds)]
    row = {"work": work, "peer": "SpuCo 2.1.0, recorded earlier, not in this run", "theirs": RECORDED_SPUCO, "despur": label,
           "ours": statistics.median(seconds), "ratio": RECORDED_SPUCO / statistics.median(seconds),
           "low": RECORDED_SPUCO / max(seconds), "high": RECORDED_SPUCO / min(seconds), "target": 20, "checked": checked}
    return [row]


def measure_start(context):
    """Milliseconds of `despur version`."""
    def once():
        start = time.perf_counter()
        subprocess.run([context.despur, "version"], check=True, stdout=subprocess.DEVNULL)
        return 1000 * (time.perf_counter() - start)
    once()
    return statistics.median(once() for _ in range(21))


# ---- what is printed ----

def seconds_text(seconds):
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def peers_table(rows):
    lines = ["| work | peer | its time | despur | time | times faster (range) | to reach | checked |", "|---|---|--:|---|--:|--:|--:|---|"]
    for row in rows:
        if "failed" in row:
            lines.append(f"| {row['work']} | {row['peer']} | | | | not compared | | {row['failed']} |")
            continue
        target = "" if row["target"] is None else f"{row['target']:g}{'' if row['ratio'] >= row['target'] else ', missed'}"
        lines.append(f"| {row['work']} | {row['peer']} | {seconds_text(row['theirs'])} | {row['despur'].strip()} | {seconds_text(row['ours'])} | "
                     f"**{row['ratio']:.1f}** ({row['low']:.1f} to {row['high']:.1f}) | {target} | {row['checked']} |")
    return lines


def limits_tables(bench):
    """Tables of `despur bench --json`."""
    units = {"bandwidth": ("bytes", "GB/s"), "multiply-add": ("flops", "GFLOP/s"), "multiply-add (double)": ("flops", "GFLOP/s")}
    lines = []
    for peak in bench["peaks"]:
        moved = ", ".join(f"{b['rate'] / 1e9:.0f} GB/s ({b['bytes'] >> 10} KiB)" for b in peak["bandwidth"])
        lines.append(f"{peak['threads']} thread{'s' * (peak['threads'] > 1)}: {peak['multiply_add'] / 1e9:.0f} GFLOP/s, "
                     f"{peak['multiply_double'] / 1e9:.0f} in double precision; y += a x moves {moved}.\\")
    noise = bench["noise"]
    lines += [f"The peak of one thread, measured {noise['repeats']} times in between: {noise['low'] / 1e9:.0f} to {noise['high'] / 1e9:.0f} GFLOP/s, "
              f"median {noise['median'] / 1e9:.0f}.", "", "| work | threads | time | rate | of the limit | spread |", "|---|--:|--:|--:|--:|--:|"]
    for row in bench["rows"]:
        seconds = row["seconds"]
        time_text = f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.2f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.1f} us"
        rate = share = ""
        if row["limit"]:
            amount, unit = units[row["limit"]]
            rate, share = f"{row[amount] / seconds / 1e9:.1f} {unit}", f"{100 * row['share']:.0f} % ({row['limit']})"
        lines.append(f"| {row['name']} | {row['threads']} | {time_text} | {rate} | {share} | {100 * row['spread']:.0f} % |")
    return lines


def scaling_lines(bench, start_ms):
    """The targets that are no ratio to a peer."""
    rows = {(row["name"], row["threads"]): row for row in bench["rows"]}
    one, lines = rows.get(("step/lenet/batch 64", 1)), []
    most = max(row["threads"] for row in bench["rows"])
    if one:
        lines.append(f"- LeNet step, batch 64, one thread: {100 * one['share']:.0f} % of the multiply-add peak (60 wanted).")
    if one and most > 1:
        many = rows["step/lenet/batch 64", most]
        lines.append(f"- The same with {most} threads: {one['seconds'] / many['seconds']:.2f} times one thread"
                     f"{' (1.8 wanted)' if most == 2 else ''}.")
    lines.append(f"- `despur version`: {start_ms:.1f} ms (at most 10 wanted).")
    return lines


def machine_line(context):
    model = re.search(r"model name\s*:\s*(.*)", open("/proc/cpuinfo").read()) if os.path.exists("/proc/cpuinfo") else None
    versions = [f"Python {platform.python_version()}"]
    for name in ("torch", "sklearn", "umap", "numpy"):
        module = context.module(name)
        if module:
            versions.append(f"{name} {module.__version__}")
    return (f"{datetime.date.today()}, {model.group(1) if model else platform.machine()}, {os.cpu_count()} processors, load "
            f"{os.getloadavg()[0]:.1f} at the start; {subprocess.run([context.despur, 'version'], stdout=subprocess.PIPE).stdout.decode().strip()}; "
            f"{', '.join(versions)}.")


def write_between(path, marker, lines):
    text = open(path).read()
    pattern = re.compile(rf"(<!-- {marker}: begin[^\n]*\n).*?(<!-- {marker}: end)", re.S)
    if not pattern.search(text):
        sys.exit(f"compare: {path} has no markers for {marker}")
    with open(path, "w") as file:
        file.write(pattern.sub(lambda match: match.group(1) + "\n".join(lines) + "\n" + match.group(2), text))


class Context:
    def __init__(self, arguments, folder):
        self.folder, self.rounds, self.quick = folder, arguments.rounds, arguments.quick
        self.source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.peer, self.despur = os.path.join(arguments.build, "peer"), os.path.join(arguments.build, "despur")
        self.spuco_python, self.mnist = arguments.spuco_python, arguments.mnist
        processors = len(os.sched_getaffinity(0))
        self.threads = [1, 2] if processors >= 2 else [1]
        sklearn = self.module("sklearn")
        self.sklearn = f"scikit-learn {sklearn.__version__}" if sklearn else "scikit-learn"

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def module(name):
        """An importable module, or None."""
        try:
            return importlib.import_module(name) if importlib.util.find_spec(name.split(".")[0]) else None
        except ImportError as reason:
            print(f"{name}: left out ({reason})", file=sys.stderr)
            return None


def comparisons(context):
    few = 4 if context.quick else 1
    return {"lenet": lambda: compare_training(context, "lenet"), "mlp": lambda: compare_training(context, "mlp"),
            "silhouette-small": lambda: compare_silhouette(context, 9600 // few, 84),
            "silhouette-large": lambda: compare_silhouette(context, 20000 // few, 64),
            "kmeans": lambda: compare_kmeans(context, 20000 // few, 512),
            "mixture": lambda: compare_mixture(context, 20000 // few, 64),
            "umap": lambda: compare_umap(context, 20000 // few, 84), "recipe": lambda: compare_recipe(context)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", help="directory with despur and peer")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help="comparisons whose name contains this: " + ", ".join(comparisons(argparse.Namespace(quick=0))))
    parser.add_argument("--quick", action="store_true", help="less work: to see that everything works")
    parser.add_argument("--docs", help="file whose tables are written between their markers")
    parser.add_argument("--spuco-python", help="a Python that can import spuco")
    parser.add_argument("--mnist", help="directory with MNIST's four IDX files; without it the recipe runs on built-in digits")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="despur-bench-") as folder:
        context = Context(arguments, folder)
        intro = [machine_line(context), ""]
        command = [context.despur, "bench", "--json"] + ["--quick"] * context.quick
        bench = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        start_ms, rows = measure_start(context), []
        for name, compare in comparisons(context).items():
            if arguments.only and arguments.only not in name:
                continue
            print(f"{name} ...", file=sys.stderr)
            rows += compare()
        peers = intro + peers_table(rows) + [""] + scaling_lines(bench, start_ms)
        print("\n".join(peers + [""] + limits_tables(bench)))
        if arguments.docs:
            write_between(arguments.docs, "peers", peers)
            write_between(arguments.docs, "limits", intro + limits_tables(bench))


if __name__ == "__main__":
    main()
