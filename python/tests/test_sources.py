"""Whatever people have their data in: Arrow, DLPack, tensors, short floats, mapped files, data sets. Nothing is copied that need not be."""

import tracemalloc

import numpy as np
import pytest

import despur
from despur._arrow import columns_from_arrow
from despur._table import codes_of, features_of

Y = np.array([0, 1] * 300)
PRED = np.where(np.arange(600) % 7 == 0, 1 - Y, Y)
SEX = np.array(["f", "m", "f"] * 200)
X = np.random.default_rng(0).normal(size=(600, 8)).astype(np.float32)
X[:, 0] += Y


class DLPack:
    """An array that nothing but DLPack can read."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Stream:
    """A table that nothing but Arrow's C stream can read."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class DataSet:
    """The part of a Hugging Face data set that is needed."""

    class Feature:
        def __init__(self, names=None):
            if names:
                self.names = names

    def __init__(self, columns, names):
        self.data, self.column_names = columns, list(columns)
        self.features = {name: DataSet.Feature(names.get(name)) for name in columns}

    def __getitem__(self, name):
        return self.data[name]


def seen(y, pred, sex):
    """All but what columns are called, which is theirs to say."""
    said = despur.evaluate(y, pred, sensitive_features=sex).to_dict()
    said.pop("columns")
    return said


WANTED = seen(Y, PRED, {"sex": SEX})


# ---- copies ----


class Watch:
    """What the library is given."""

    def __init__(self, monkeypatch, name):
        self.given = []
        function = getattr(despur._core, name)
        monkeypatch.setattr(despur._core, name, lambda *a: (self.given.append(a), function(*a))[1])


def mapped(tmp_path):
    np.save(tmp_path / "x.npy", X)
    return np.load(tmp_path / "x.npy", mmap_mode="r")


def lists():
    pyarrow = pytest.importorskip("pyarrow")
    flat = pyarrow.array(X.reshape(-1))
    return pyarrow.table({"embedding": pyarrow.FixedSizeListArray.from_arrays(flat, X.shape[1])}), flat.to_numpy()


SOURCES = {
    "array": lambda tmp_path: (X, X),
    "rows of an array": lambda tmp_path: (X[:], X),
    "DLPack": lambda tmp_path: (DLPack(X), X),
    "mapped file": lambda tmp_path: (mapped(tmp_path),) * 2,
    "lists of Arrow's": lambda tmp_path: lists(),
    "stream of lists": lambda tmp_path: (Stream(lists()[0]), None),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("verb", ["audit", "repair"])
def test_features_are_not_copied(source, verb, monkeypatch, tmp_path):
    given, lies = SOURCES[source](tmp_path)
    watch = Watch(monkeypatch, {"audit": "examples_given"}.get(verb, verb))
    getattr(despur, verb)(given, Y)
    x = watch.given[0][0]["x" if verb == "audit" else "features"]
    assert (x == X).all() and x.dtype == np.float32
    if lies is not None:
        assert np.shares_memory(x, lies)


def peak_of(function):
    tracemalloc.start()
    try:
        result = function()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("copies", "given"),
    [
        (0, lambda x: x),
        (0, lambda x: DLPack(x)),
        (1, lambda x: x.astype(np.float16)),
        (1, lambda x: x.astype(np.float64)),
        (1, lambda x: x[::-1]),
        (1, lambda x: x[:, ::-1]),
        (1, lambda x: np.asfortranarray(x)),
    ],
    ids=["float32", "DLPack", "float16", "float64", "rows backwards", "columns backwards", "columns first"],
)
def test_copies_are_counted(copies, given):
    """By what NumPy allocates, in arrays of 4 MB."""
    x = np.ones((4096, 256), np.float32)
    source = given(x)
    got, peak = peak_of(lambda: features_of(source))
    assert got.flags.c_contiguous and got.dtype == np.float32 and got.shape == x.shape
    assert copies * x.nbytes <= peak < (copies + 0.1) * x.nbytes


def test_arrow_is_not_copied():
    pyarrow = pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    for dtype in ("i1", "u2", "i4", "u8", "f4", "f8"):
        array = np.arange(100).astype(dtype)
        column = pyarrow.array(array)
        got = columns_from_arrow(pyarrow.table({"a": column}))["a"]
        assert np.shares_memory(got, column.to_numpy()) and (got == array).all()
        assert (columns_from_arrow(pyarrow.table({"a": column}).slice(7, 20))["a"] == array[7:27]).all()
        series = polars.Series("a", array)
        assert np.shares_memory(columns_from_arrow(series)["a"], series.to_numpy(allow_copy=False))
    del column, series  # the columns keep what they lie in
    assert got.sum() == 4950


# ---- what they mean ----


def test_frames_mean_the_same():
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    frame = pandas.DataFrame({"sex": SEX, "y": Y, "pred": PRED})
    table = pyarrow.table({"sex": SEX, "y": Y, "pred": PRED})
    pieces = pyarrow.concat_tables([table.slice(0, 100), table.slice(100, 3), table.slice(103)])
    eager = polars.DataFrame({"sex": SEX, "y": Y, "pred": PRED})
    assert seen(frame.y, frame.pred, frame[["sex"]]) == WANTED
    for one in (table, pieces):
        assert seen(one["y"], one["pred"], one.select(["sex"])) == WANTED
        assert seen(one["y"], one["pred"], {"sex": one["sex"].dictionary_encode()}) == WANTED
    assert seen(eager["y"], eager["pred"], eager.select("sex")) == WANTED
    assert seen(eager["y"], eager["pred"], eager["sex"]) == WANTED
    assert seen(eager["y"], eager["pred"], {"sex": eager["sex"].cast(polars.Categorical)}) == WANTED
    assert seen(eager["y"], eager["pred"], {"sex": polars.concat([eager["sex"][:50], eager["sex"][50:]])}) == WANTED
    assert seen(eager["y"], eager["pred"], Stream(eager.select("sex"))) == WANTED
    codes = DataSet({"sex": [0, 1, 0] * 200}, {"sex": ["f", "m"]})
    assert seen(Y.tolist(), PRED.tolist(), codes) == WANTED
    assert seen(Y.tolist(), PRED.tolist(), DataSet({"sex": SEX.tolist()}, {})) == WANTED
    assert seen(table["y"], DLPack(PRED), {"sex": table["sex"]}) == WANTED


def test_text_of_any_length_and_language():
    pyarrow = pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    texts = ["", "a", "twelve bytes", "thirteen byte", "漢字" * 20, None, "a", "\U0001f600" * 9] * 5
    wanted = [t or "" for t in texts]
    for column in (
        pyarrow.array(texts),
        pyarrow.array(texts, pyarrow.large_string()),
        pyarrow.array(texts, pyarrow.string_view()),
        pyarrow.array(["x", *texts, "y"]).slice(1, len(texts)),
        pyarrow.array(["x", *texts], pyarrow.string_view()).slice(1),
        pyarrow.array(texts).dictionary_encode(),
        polars.Series(texts),
        polars.Series(texts, dtype=polars.Categorical),
    ):
        codes, names = codes_of(column, "texts")
        said = [names[c] if c < len(names) else None for c in codes.tolist()]
        assert said == texts and [s or "" for s in said] == wanted


def test_missing_values_are_missing():
    pyarrow = pytest.importorskip("pyarrow")
    for values, said in (
        ([1, None, 3], ["1", None, "3"]),
        ([True, None, False], ["True", None, "False"]),
        ([1.5, None, -2.0], ["1.5", None, "-2"]),
        ([None, None, "x"], [None, None, "x"]),
    ):
        column = pyarrow.array(values)
        for one in (column, pyarrow.chunked_array([column, column.slice(0, 1), column]), column.slice(1)):
            codes, names = codes_of(one, "values")
            wanted = {3: said, 7: [*said, said[0], *said], 2: said[1:]}[len(one)]
            assert [names[c] if c < len(names) else None for c in codes.tolist()] == wanted
    by_hand = despur.evaluate(Y, PRED, sensitive_features={"a": [None, "x"] * 300})
    assert by_hand.to_dict() == despur.evaluate(Y, PRED, sensitive_features={"a": pyarrow.array([None, "x"] * 300)}).to_dict()


def test_short_floats_are_features():
    wanted = despur.audit(X.astype(np.float16).astype(np.float32), Y).to_dict()
    assert despur.audit(X.astype(np.float16), Y).to_dict() == wanted
    ml_dtypes = pytest.importorskip("ml_dtypes")
    short = X.astype(ml_dtypes.bfloat16)
    assert (features_of(short) == short.astype(np.float32)).all()
    assert despur.audit(short, Y).to_dict() == despur.audit(short.astype(np.float32), Y).to_dict()
    cluster = pytest.importorskip("despur.cluster")
    found = [cluster.KMeans(2, random_state=0).fit(x).inertia_ for x in (short, short.astype(np.float32), DLPack(X), X)]
    assert found[0] == found[1] and found[2] == found[3]


def test_features_come_from_files_and_frames(tmp_path):
    wanted = despur.audit(X, Y).to_dict()
    np.save(tmp_path / "x.npy", X)
    assert despur.audit(tmp_path / "x.npy", Y).to_dict() == wanted
    polars = pytest.importorskip("polars")
    names = [f"c{k}" for k in range(X.shape[1])]
    assert despur.audit(polars.DataFrame(X, schema=names), Y).to_dict() == wanted
    assert despur.audit(polars.Series(X.tolist(), dtype=polars.List(polars.Float32)), Y).to_dict() == wanted
    assert despur.audit(polars.Series(X), Y).to_dict() == wanted
    pandas = pytest.importorskip("pandas")
    assert despur.audit(pandas.DataFrame(X, columns=names), Y).to_dict() == wanted


def test_what_cannot_be_features_is_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    (tmp_path / "x.npy").write_bytes(b"not an array")
    for match, features in (
        ("features: .*x.npy: expected a .npy file", tmp_path / "x.npy"),
        ("features: .*none.npy: expected a .npy file", tmp_path / "none.npy"),
        ("features: expected numbers, found complex64", X.astype(np.complex64)),
        ("features: expected numbers, found object", X.astype(object)),
        ("features: expected numbers, found text", pyarrow.table({"a": SEX})),
        ("as many numbers in each row, found 1 and 2", pyarrow.table({"a": [[1.0], [1.0, 2.0]] * 300})),
        ("found a missing list", pyarrow.table({"a": [[1.0], None] * 300})),
        ("expected text, numbers or truth values, found Arrow's format 'tdD'", pyarrow.table({"a": np.zeros(600, "M8[D]")})),
        (r"found shape \(0, 8\)", X[:0]),
        (r"found shape \(600, 0\)", X[:, :0]),
        ("features: expected 600 rows, as y has, found 599", X[1:]),
        ("features: row 5, column 1: expected a finite number .*; of 4800 numbers 8 are not", np.where(np.arange(600)[:, None] == 4, np.inf, X)),
    ):
        with pytest.raises(despur.InputError, match=match):
            despur.audit(features, Y)


def test_streams_that_fail_or_are_used_up_are_named():
    pyarrow = pytest.importorskip("pyarrow")
    schema = pyarrow.schema([("a", pyarrow.int64())])

    def batches():
        yield pyarrow.record_batch({"a": [1, 2]}, schema=schema)
        raise ValueError("the disk is gone")

    with pytest.raises(despur.InputError, match="could not be read.*the disk is gone"):
        columns_from_arrow(pyarrow.RecordBatchReader.from_batches(schema, batches()))
    capsule = pyarrow.table({"a": [1]}).__arrow_c_stream__()
    despur._core.arrow_stream(capsule)
    with pytest.raises(despur.InputError, match="read already"):
        despur._core.arrow_stream(capsule)
    with pytest.raises(ValueError, match="incorrect name"):
        despur._core.arrow_stream(despur.audit(X, Y)._kept.audit)
    table = pyarrow.Table.from_arrays([pyarrow.array([1]), pyarrow.array([2])], names=["a", "a"])
    with pytest.raises(despur.InputError, match="columns of different names"):
        despur.evaluate([1], [1], sensitive_features=table)
    with pytest.raises(despur.InputError, match="expected one value a row, found 2 columns"):
        despur.evaluate(table.rename_columns(["a", "b"]), [1])
