"""Long work stops within a second of Ctrl-C, stops for what a callback raises, and says how far it is."""

import io
import os
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


@pytest.mark.parametrize("name", LONG)
def test_control_c_stops_soon(name):
    """A tenth of a second on an idle machine; a loaded one is granted five seconds. Each would take minutes."""
    pressed = []

    def press():
        pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.4, press)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        LONG[name]()
    assert time.monotonic() - pressed[0] < 5


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
