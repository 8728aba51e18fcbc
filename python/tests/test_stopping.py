"""Long work stops within a second of Ctrl-C, stops for what a callback raises, and says how far it is."""

import contextlib
import io
import os
import pathlib
import signal
import threading
import time

import numpy as np
import pytest

import despur

pytest.importorskip("sklearn")

from despur.cluster import UMAP, GaussianMixture, KMeans, KMedoids
from despur.groups import EIIL, GEORGE
from despur.linear import DFRClassifier

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(30000, 64)).astype(np.float32)
Y = RANDOM.integers(0, 2, len(X))
GROUPS = RANDOM.integers(0, 3, len(X))

# by one thread, so that fast machines have not come to an end when the key is pressed
PLACED = UMAP(n_epochs=50, n_jobs=1).fit(X[:5000])
MIXED = GaussianMixture(40, max_iter=1, n_jobs=1).fit(X[:5000])

LONG = {  # each takes many seconds
    "KMeans": lambda: KMeans(200, n_init=100, tol=0).fit(X),
    "KMedoids": lambda: KMedoids(50, n_init=100).fit(X),
    "GaussianMixture": lambda: GaussianMixture(50, n_init=100, tol=0).fit(X),
    "UMAP": lambda: UMAP(n_epochs=20000).fit(X),
    "UMAP.transform": lambda: PLACED.transform(np.tile(X, (10, 1))),
    "GaussianMixture.predict": lambda: MIXED.predict(np.tile(X, (10, 1))),
    "EIIL": lambda: EIIL(10**7).fit(X, Y),
    "GEORGE": lambda: GEORGE().fit(X, Y),
    "DFRClassifier": lambda: DFRClassifier(refits=1000).fit(X, Y, groups=GROUPS),
    "audit": lambda: despur.audit(np.tile(X, (4, 4)), np.tile(Y, 4)),
    "repair": lambda: despur.repair(X, Y, groups=GROUPS, refits=1000),
}


@contextlib.contextmanager
def stopped():
    """Gives what presses Ctrl-C. A tenth of a second is enough on an idle machine; a loaded one is granted five seconds."""
    pressed = []

    def press():
        pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        yield press
    assert time.monotonic() - pressed[0] < 5


@pytest.mark.parametrize("name", LONG)
def test_control_c_stops_soon(name):
    """Each would take minutes."""
    with stopped() as press:
        threading.Timer(0.4, press).start()
        LONG[name]()


class Pressed:
    """Presses Ctrl-C a moment after a stage has begun."""

    def __init__(self, press, stage):
        self.press, self.stage, self.done = press, stage, False

    def __call__(self, kind, value):
        if kind == "progress" and value["stage"] == self.stage and not self.done:
            self.done = True
            threading.Timer(0.1, self.press).start()


# ---- pictures ----


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Five thousand names of two large pictures: decoding them takes minutes, and no room."""
    image, folder = pytest.importorskip("PIL.Image"), tmp_path_factory.mktemp("photographs")
    for label in "ab":
        (folder / label).mkdir()
        picture = RANDOM.integers(0, 256, (75, 100, 3)).astype(np.uint8)
        image.fromarray(picture).resize((4000, 3000)).save(folder / label / "0.jpg")
        for k in range(1, 2500):
            os.link(folder / label / "0.jpg", folder / label / f"{k}.jpg")
    return folder


@pytest.fixture
def model(monkeypatch, tmp_path):
    pytest.importorskip("onnxruntime")
    path = pathlib.Path(os.environ.get("DESPUR_MODELS", ""), "pictures.onnx")
    if not path.exists():
        pytest.skip("DESPUR_MODELS does not say where pictures.onnx is")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return path


@pytest.mark.parametrize("verb", ["audit", "features", "run"])
def test_control_c_stops_the_decoding_of_pictures(verb, photographs, model, tmp_path):
    with stopped() as press:
        heard = Pressed(press, "decoding")
        if verb == "audit":
            despur.audit(photographs, model=model, progress=heard)
        elif verb == "features":
            despur.features(model, photographs, progress=heard)
        else:
            data = {"source": "pictures", "folder": str(photographs), "size": 32}
            despur.run({"data": data, "train.epochs": 1}, directory=tmp_path / "run", progress=heard)
    assert not (tmp_path / "run").exists()
    assert not [p for p in (tmp_path / "cache" / "despur").rglob("*") if p.is_file()]


def test_control_c_stops_a_model_that_sees_pictures(model):
    pictures = np.zeros((400_000, 3, 8, 8), np.uint8)
    with stopped() as press:
        despur.features(model, pictures, progress=Pressed(press, "pictures"))


def test_control_c_stops_an_audit_of_pictures(model, tmp_path):
    image, folder = pytest.importorskip("PIL.Image"), tmp_path / "small"
    for k, picture in enumerate(RANDOM.integers(0, 256, (300, 8, 8, 3)).astype(np.uint8)):
        path = folder / "abc"[k % 3] / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.fromarray(picture).save(path)
    with stopped() as press:
        despur.audit(folder, model=model, repeats=100_000, progress=Pressed(press, "other halves"))


# ---- runs ----


def untrained(room, split):
    """A configuration whose network is not trained, of data of which nearly all belong to one split."""
    rows = 20_000
    np.save(room / "x.npy", RANDOM.integers(0, 256, (rows, 3, 32, 32)).astype(np.uint8))
    np.save(room / "y.npy", np.arange(rows) % 2)
    np.save(room / "splits.npy", np.where(np.arange(rows) < 200, 2 - split, split))
    data = {"source": "npy", **{name: str(room / file) for name, file in FILES.items()}}
    return {"data": data, "model.arch": "resnet56", "train.epochs": 0}


FILES = {"images": "x.npy", "labels": "y.npy", "splits": "splits.npy"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    room = tmp_path_factory.mktemp("untrained")
    return despur.run(untrained(room, 0), directory=room / "run", progress=False)


READING = {  # all training examples, by one thread
    "evaluate": lambda run: run.evaluate("train", threads=1),
    "features": lambda run: despur.features(run.directory, threads=1),
    "audit": lambda run: despur.audit(run.directory, threads=1),
    "cam": lambda run: despur.cam(run.directory, split="train", threads=1),
}


@pytest.mark.parametrize("name", READING)
def test_control_c_stops_the_reading_of_a_run(name, run):
    with stopped() as press:
        threading.Timer(1, press).start()
        READING[name](run)


# ---- what else is heard ----


def test_another_thread_is_not_disturbed():
    """Signals are the main thread's; work elsewhere comes to its end."""
    found = []
    thread = threading.Thread(target=lambda: found.append(KMeans(5, random_state=0).fit(X[:2000]).inertia_))
    thread.start()
    thread.join()
    assert found == [KMeans(5, random_state=0).fit(X[:2000]).inertia_]


@pytest.mark.parametrize(
    "call",
    [
        lambda progress: despur.audit(X[:400], Y[:400], progress=progress),
        lambda progress: despur.repair(X[:400], Y[:400], methods=["erm", "afr"], progress=progress),
    ],
    ids=["audit", "repair"],
)
def test_progress_is_a_callback(call, capsys):
    heard = []
    call(lambda kind, value: heard.append((kind, value)))
    shares = [value["done"] / value["total"] for kind, value in heard if kind == "progress"]
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 2
    assert all(value["stage"] for _, value in heard)

    def refuse(kind, value):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        call(refuse)

    def refuse_at_the_end(kind, value):
        if value["done"] == value["total"]:
            raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        call(refuse_at_the_end)
    capsys.readouterr()
    call(True)
    assert "[####################]" in capsys.readouterr().err


ESTIMATORS = {
    "KMeans": lambda **given: KMeans(3, n_init=3, **given).fit(X[:300]),
    "KMedoids": lambda **given: KMedoids(3, n_init=3, **given).fit(X[:300]),
    "GaussianMixture": lambda **given: GaussianMixture(3, n_init=3, **given).fit(X[:300, :4]),
    "UMAP": lambda **given: UMAP(n_epochs=10, **given).fit(X[:300]),
    "EIIL": lambda **given: EIIL(200, **given).fit(X[:300, :2], Y[:300]),
    "GEORGE": lambda **given: GEORGE(2, reduce="none", **given).fit(X[:300, :2], Y[:300]),
    "DFRClassifier": lambda **given: DFRClassifier(refits=2, cv=2, **given).fit(X[:300, :4], Y[:300], groups=GROUPS[:300]),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators_say_how_far_they_are(name, capsys):
    heard = []
    ESTIMATORS[name](verbose=lambda kind, value: heard.append((kind, value)))
    assert heard and all(kind == "progress" and value["done"] <= value["total"] for kind, value in heard)
    assert heard[-1][1]["done"] == heard[-1][1]["total"]
    capsys.readouterr()
    ESTIMATORS[name]()
    assert not capsys.readouterr().err
    ESTIMATORS[name](verbose=1)
    assert "[####################]" in capsys.readouterr().err


def test_notebooks_and_terminals_have_a_bar(monkeypatch):
    class Notebook(io.StringIO):
        __module__ = "ipykernel.iostream"

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, seen in ((Notebook(), True), (Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr("sys.stderr", stream)
        despur.audit(X[:400], Y[:400])
        assert ("[####################]" in stream.getvalue()) == seen
