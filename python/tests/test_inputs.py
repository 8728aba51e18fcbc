"""What comes in: kinds of data, what is refused, and with which sentence."""

import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import despur

Y, PRED = np.array([1, 0, 1, 0]), np.array([1, 0, 0, 0])
SEX = ["f", "f", "m", "m"]


def groups(y=Y, pred=PRED, sex=SEX, **more):
    got = despur.evaluate(y, pred, sensitive_features=sex, **more)
    return {g.name: (g.count, g.correct) for g in got.groups}


WANTED = groups()


@pytest.mark.parametrize(
    "kind", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "bool", "object", ">i4"]
)
def test_labels_of_any_kind_are_the_same(kind):
    renamed = {k.replace("True", "1").replace("False", "0"): v for k, v in groups(Y.astype(kind)).items()}
    assert renamed == WANTED


def test_lists_strides_and_columns_are_the_same():
    wide = np.zeros((8, 3), int)
    wide[::2, 1] = Y
    assert groups(Y.tolist(), PRED.tolist()) == WANTED
    assert groups(wide[::2, 1]) == WANTED
    assert groups(Y[::-1].copy()[::-1], PRED[::-1].copy()[::-1]) == WANTED
    assert groups(Y.reshape(-1, 1)) == WANTED
    readonly = Y.copy()
    readonly.flags.writeable = False
    assert groups(readonly) == WANTED


def test_memory_mapped_files_are_read(tmp_path):
    np.save(tmp_path / "y.npy", Y)
    assert groups(np.load(tmp_path / "y.npy", mmap_mode="r")) == WANTED


def test_data_frames_of_pandas():
    pandas = pytest.importorskip("pandas")
    wanted = {k.replace("group", "sex"): v for k, v in WANTED.items()}
    frame = pandas.DataFrame({"sex": SEX}, index=[3, 1, 0, 2])  # positions count, not the index
    for column in (frame, frame["sex"], frame.astype("category"), frame.astype("string")):
        assert groups(sex=column) == wanted
    unused = pandas.Series(pandas.Categorical(SEX, categories=["x", "m", "f"]), name="sex")
    assert groups(sex=unused) == wanted
    missing = pandas.Series(["f", None, "m", "m"], name="sex")
    assert "y=0,sex=(missing)" in groups(sex=missing)
    nullable = pandas.Series([1, None, 2, 2], dtype="Int64", name="a")
    assert set(groups(sex=nullable)) == {"y=1,a=1", "y=0,a=(missing)", "y=1,a=2", "y=0,a=2"}


def test_data_frames_of_polars():
    polars = pytest.importorskip("polars")
    wanted = {k.replace("group", "sex"): v for k, v in WANTED.items()}
    frame = polars.DataFrame({"sex": SEX, "y": Y})
    for column in (frame[["sex"]], frame["sex"], frame.select(polars.col("sex").cast(polars.Categorical))):
        assert groups(frame["y"], sex=column) == wanted


def test_tensors():
    torch = pytest.importorskip("torch")
    assert groups(torch.tensor(Y), torch.tensor(PRED)) == WANTED


def test_values_keep_their_names():
    got = despur.evaluate(["é", "漢", "é"], ["é", "é", "é"], sensitive_features={"a,b": ["x", 'q"t', "x"]})
    assert {g.name for g in got.groups} == {"y=é,a,b=x", 'y=漢,a,b="q""t"'}
    assert set(groups(sex=[0.5, 0.5, 1e-7, 1e-7])) == {f"y={y},group={v}" for y in (0, 1) for v in ("0.5", "1e-07")}


def refused(match, *arguments, **more):
    with pytest.raises(despur.InputError, match=match) as caught:
        despur.evaluate(*arguments, **more)
    assert isinstance(caught.value, ValueError)


def test_what_cannot_be_used_is_refused():
    refused("y_true: expected values, found none", [], [])
    refused("y_pred: expected 4 rows, as y_true has, found 3", Y, PRED[:3])
    refused("sensitive_features: 'group': expected 4 rows", Y, PRED, sensitive_features=[1, 2])
    refused("y_true: expected text, numbers or truth values, found complex128", Y.astype(complex), PRED)
    refused("y_true: expected text, numbers or truth values, found object", [object()] * 4, PRED)
    refused("y_true: expected one value a row, found list", np.array([[1], [2, 3], 0, 1], object), PRED)
    refused(r"y_pred: expected one value a row, found shape \(4, 2\)", Y, np.zeros((4, 2)))
    refused("y_true: expected one value a row, found a single value", 1, 1)
    refused("arrays: column 'y': 1 of 4 labels are missing, the first in line 2", [1, np.nan, 0, 1], PRED)
    refused("y_true: expected values, found infinite ones", [1, np.inf, 0, 1], PRED)
    refused("expected predictions, y_pred=, or probabilities, y_prob=", Y)
    refused("without a NUL", ["a\0b"] * 4, PRED)
    refused("y_prob: expected numbers, found <U1", Y, y_prob=list("abcd"))
    refused("y_prob: expected a column for each of the classes 0, 1, found 3", Y, y_prob=np.ones((4, 3)) / 3)
    refused("expected a probability from 0 to 1, found 1.5", Y, y_prob=[0.5, 1.5, 0, 0])
    refused("add up to 1, found a sum of 0.4", Y, y_prob=np.full((4, 2), 0.2))
    refused("1 of 4 scores are missing", Y, y_prob=[0.5, np.nan, 0, 0])
    refused("of which class is 'score' the probability. Say positive=", list("abab"), y_prob=[0.5] * 4)
    refused("no label and no prediction is '7'", Y, PRED, positive=7)
    refused("no group has 9 examples", Y, PRED, sensitive_features=SEX, min_count=9)


def test_surrogates_are_refused():
    with pytest.raises(ValueError):
        despur.evaluate(["\ud800"] * 4, PRED)


def test_numbers_are_not_copied_where_types_allow():
    from despur._table import numbers_of

    p = np.linspace(0, 1, 8)
    assert np.shares_memory(numbers_of(p, "p"), p)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(despur.InputError, match="no_such.csv: cannot open|No such file"):
        despur.evaluate_file(tmp_path / "no_such.csv")
    (tmp_path / "bad.csv").write_text("y,pred,a\n1,1\n")
    with pytest.raises(despur.InputError, match="bad.csv:2"):
        despur.evaluate_file(tmp_path / "bad.csv")


def test_threads_share_an_evaluation():
    seen = despur.evaluate(Y, PRED, sensitive_features=SEX)
    wanted, wrong = seen.to_dict(), []

    def work():
        for _ in range(20):
            again = despur.evaluate(Y, PRED, sensitive_features=SEX)
            if again.to_dict() != wanted or seen.to_dict() != wanted or "iframe" not in seen._repr_html_():
                wrong.append(again)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_works():
    despur.evaluate(Y, PRED, sensitive_features=SEX)
    child = os.fork()
    if child == 0:
        os._exit(0 if groups() == WANTED else 1)
    assert os.waitpid(child, 0)[1] == 0


def features(rows=400):
    random = np.random.default_rng(2)
    y = random.integers(0, 2, rows)
    a = np.where(random.random(rows) < 0.85, y, 1 - y)
    x = random.normal(size=(rows, 5)).astype(np.float32)
    return x + np.outer(y, [1, 0, 0, 0, 0]).astype(np.float32) + np.outer(a, [0, 3, 0, 0, 0]).astype(np.float32), y, a


def views(x):
    """The same rows in other places of memory."""
    yield x[::-1].copy()[::-1]
    yield x[:, ::-1].copy()[:, ::-1]
    yield np.repeat(x, 2, axis=0)[::2]
    yield np.asfortranarray(x)
    wide = np.zeros((len(x), 9), np.float32)
    wide[:, 2:7] = x
    yield wide[:, 2:7]
    yield x.astype(">f4")


def test_it_does_not_matter_where_arrays_lie():
    x, y, a = features()
    wanted = despur.repair(x, y, groups=a, methods="balanced").weight
    found = despur.audit(x, y).to_dict()
    for k, view in enumerate(views(x)):
        backwards = y[::-1].copy()[::-1]
        assert (despur.repair(view, backwards, groups=a[::-1].copy()[::-1], methods="balanced").weight == wanted).all(), k
        assert despur.audit(view, backwards).to_dict() == found, k
    assert groups(np.repeat(Y, 3)[::3], PRED[::-1].copy()[::-1]) == groups(Y, PRED)


def test_rows_belong_together_by_their_positions():
    """Whatever indices say; that these say something else is worth a warning."""
    pandas = pytest.importorskip("pandas")
    x, y, a = features()
    order = np.random.default_rng(0).permutation(len(y))
    series, other = pandas.Series(y, index=order), pandas.Series(a, index=order[::-1])
    frame = pandas.DataFrame(x, index=order[::-1])
    wanted = despur.evaluate(y, a, sensitive_features={"a": a}).to_dict()["groups"]
    said = "by its index, its rows are in another order than those of y"
    with pytest.warns(UserWarning, match=f"y_pred: {said}_true; rows are taken by their positions") as caught:
        assert despur.evaluate(series, other, sensitive_features={"a": other}).to_dict()["groups"] == wanted
    assert [w.filename for w in caught] == [__file__]
    with pytest.warns(UserWarning, match=f"features: {said}; "):
        assert despur.audit(frame, series).to_dict() == despur.audit(x, y).to_dict()
    with pytest.warns(UserWarning, match=f"features: {said}; "):
        weight = despur.repair(frame, series, groups=other, methods="balanced").weight
    assert (weight == despur.repair(x, y, groups=a, methods="balanced").weight).all()
    with warnings.catch_warnings(action="error"):  # the same order, other rows, no index at all
        despur.evaluate(series, pandas.Series(a, index=order), sensitive_features=pandas.DataFrame({"a": a}, index=order))
        despur.evaluate(series, pandas.Series(a, index=order + len(y)), sensitive_features=other.to_numpy())
        despur.evaluate(list(y), a, sensitive_features={"a": other})


def test_nothing_at_all_is_refused():
    x, y, a = features()
    for call in (
        lambda: despur.audit(x[:0], y[:0]),
        lambda: despur.audit(x[:, :0], y),
        lambda: despur.repair(x[:0], y[:0]),
        lambda: despur.repair(x, y[:0]),
        lambda: despur.repair(x, y, groups=a[:0]),
        lambda: despur.evaluate([], []),
        lambda: despur.evaluate(y, a, sensitive_features={"a": []}),
        lambda: despur.evaluate(y, y_prob=[]),
    ):
        with pytest.raises(despur.InputError):
            call()


def test_labels_that_are_missing_or_odd_are_refused():
    x, y, _ = features()
    for labels in ([None, *y[1:]], y.astype(complex), [object()] * len(y), [[v] * 2 for v in y], np.where(y, np.nan, y)):
        for verb in (despur.audit, despur.repair):
            with pytest.raises(despur.InputError, match="y: "):
                verb(x, labels)


def test_threads_share_estimators_and_results(tmp_path):
    cluster = pytest.importorskip("despur.cluster")
    x, y, a = features()
    model, wanted = cluster.KMeans(3, random_state=0), cluster.KMeans(3, random_state=0).fit(x).inertia_
    repaired, found = despur.repair(x, y, groups=a, methods="balanced"), despur.audit(x, y)
    wrong = []

    def work(k):
        try:
            for _ in range(5):
                assert model.fit(x).inertia_ == wanted  # the same object
                repaired.save(tmp_path / f"repair{k}")
                found.save(tmp_path / f"audit{k}")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    for kind, name in (("repair", "results.json"), ("audit", "audit.json")):
        assert len({(tmp_path / f"{kind}{k}" / name).read_bytes() for k in range(4)}) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_clusters_and_repairs():
    cluster = pytest.importorskip("despur.cluster")
    x, y, a = features()
    inertia = cluster.KMeans(3, random_state=0, n_jobs=2).fit(x).inertia_
    weight = despur.repair(x, y, groups=a, methods="balanced", threads=2).weight
    child = os.fork()
    if child == 0:
        same = cluster.KMeans(3, random_state=0, n_jobs=2).fit(x).inertia_ == inertia
        same &= bool((despur.repair(x, y, groups=a, methods="balanced", threads=2).weight == weight).all())
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_library_that_does_not_fit_is_refused():
    program = """
import sys, types
other = types.ModuleType("despur._core")
other.version, other.InputError = "9.9.9", ValueError
sys.modules["despur._core"] = other
import importlib.util
spec = importlib.util.find_spec("despur")
package = importlib.util.module_from_spec(spec)
package._core = other
sys.modules["despur"] = package
spec.loader.exec_module(package)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    said = done.stderr.splitlines()[-1]
    assert said == "ImportError: despur 0.1.0 was given the library of despur 9.9.9: install it again"
    assert despur.__version__ == "0.1.0"
