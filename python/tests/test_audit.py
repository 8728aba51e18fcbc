"""Audits are those of the tool, byte for byte, and find what was planted."""

import numpy as np
import pytest

import despur

pandas = pytest.importorskip("pandas")


def planted(n=1200):
    i = np.arange(n)
    y, north = i // 3 % 2, i % 5 == 0
    wrong = (i % 40 == 7) | (north & (y == 1) & (i % 2 == 1))
    table = pandas.DataFrame({"y": y, "pred": np.where(wrong, 1 - y, y)})
    return table.assign(site=np.where(north, "north", "south"), camera=np.where(i % 7 < 3, "a", "b"))


def embeddings(n=1500, seed=0):
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, n)
    a = np.where(random.random(n) < 0.9, y, 1 - y)
    x = random.normal(size=(n, 8)) * 0.7
    x[:, 0] += 0.8 * (2 * y - 1)
    x[:, 1] += 4 * (2 * a - 1)
    return x.astype(np.float32), y, a


def contents(directory):
    """All but the page, which says how to get it again; that is another way here."""
    return {p.name: p.read_bytes() for p in directory.iterdir() if p.name != "report.html"}


def test_tables_give_the_tools_bytes(tool, tmp_path):
    t = planted()
    t.to_csv(tmp_path / "t.csv", index=False)
    given = ["--label", "y", "--prediction", "pred", "--by", "site,camera"]
    tool("audit", "--table", tmp_path / "t.csv", *given, "--out", tmp_path / "tool")
    got = despur.audit(None, t.y, y_pred=t.pred, metadata=t[["site", "camera"]])
    got.save(tmp_path / "python")
    assert contents(tmp_path / "python") == contents(tmp_path / "tool")
    assert got.verdict == "weak group" and got.findings[0].cell == "site=north" and got.findings[0].label == "1"
    assert len(got.to_pandas()) == got.to_dict()["tests"]
    assert (got.groups == (t.site != "north")).all() or (got.groups == (t.site == "north")).all()


def test_features_give_the_tools_bytes(tool, tmp_path):
    x, y, a = embeddings()
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    tool("audit", tmp_path / "x.npy", "--labels", tmp_path / "y.npy", "--out", tmp_path / "tool", "--seed", 3)
    got = despur.audit(x, y, seed=3, threads=1)
    got.save(tmp_path / "python")
    assert contents(tmp_path / "python") == contents(tmp_path / "tool")
    assert got.verdict == "leans on it"
    agreement = np.mean((got.groups == 1) == (a == 1))
    assert max(agreement, 1 - agreement) > 0.95


def test_weights_give_the_tools_bytes(tool, tmp_path):
    t = planted().assign(weights=np.random.default_rng(0).lognormal(size=1200).round(3))
    t.loc[::50, "weights"] = 0
    t.to_csv(tmp_path / "t.csv", index=False)
    given = ["--label", "y", "--prediction", "pred", "--by", "site,camera", "--weight", "weights"]
    tool("audit", "--table", tmp_path / "t.csv", *given, "--out", tmp_path / "tool")
    there = t.weights > 0
    got = despur.audit(None, t.y, y_pred=t.pred, metadata=t[["site", "camera"]].where(there), sample_weight=t.weights)
    got.save(tmp_path / "python")
    assert contents(tmp_path / "python") == contents(tmp_path / "tool")
    assert got.verdict == "weak group" and got.findings[0].cell == "site=north"
    alike = despur.audit(None, t.y, y_pred=t.pred, metadata=t[["site"]], sample_weight=np.full(1200, 7))
    assert alike.to_dict() == despur.audit(None, t.y, y_pred=t.pred, metadata=t[["site"]]).to_dict()
    x, y, _ = embeddings()
    noise = (np.random.default_rng(1).lognormal(size=len(y)) * 10).astype(np.float32)
    assert despur.audit(x, y, seed=3, sample_weight=noise).verdict == "leans on it"


def test_names_do_not_matter_and_results_do_not_change():
    t = planted()
    named = despur.audit(None, t.y.map({0: "cat", 1: "dog"}), y_pred=t.pred.map({0: "cat", 1: "dog"}), metadata=t[["site"]])
    assert named.findings[0].label == "dog" and "class dog" in repr(named)
    with pytest.raises(AttributeError):
        named.verdict = "nothing found"
    assert despur.audit(None, t.y, y_pred=t.y, metadata=t[["site"]]).verdict == "nothing found"
    few = despur.audit(None, t.y[:12], y_pred=t.pred[:12], metadata=t[["site"]][:12])
    assert few.verdict == "too little data" and few.findings == ()
    assert named.detection_limit and named._repr_html_().startswith("<iframe sandbox")
    assert named.plot().svg.startswith("<?xml") and "more errors" in named.plot("Detection limit").title


@pytest.mark.parametrize(
    ("match", "given"),
    [
        ("features or columns", {"metadata": None}),
        ("y_pred: expected 60 rows", {"y_pred": [0, 1]}),
        ("y_pred: expected predictions that occur as labels, found '7'", {"y_pred": [7] * 60}),
        ("metadata: 'a': expected 60 rows", {"metadata": {"a": [1]}}),
        ("unit: expected 60 rows", {"unit": [1]}),
        ("splits: expected train, val or test", {"splits": ["valid"] * 60}),
        (r"sample_weight: expected 60 numbers, as y has, found \[1\]", {"sample_weight": [1]}),
        ("sample_weight: expected numbers, found <U1", {"sample_weight": ["1"] * 60}),
        ("sample_weight: row 1: expected a number of 0 or more, found -1", {"sample_weight": [1, -1] * 30}),
        ("sample_weight: row 0: expected a number of 0 or more, found nan", {"sample_weight": [np.nan] * 60}),
        ("sample_weight: row 1: expected a number of 0 or more, found inf", {"sample_weight": [1, np.inf] * 30}),
        ("sample_weight: all 60 weights are 0", {"sample_weight": [0] * 60}),
        ("features: row 1 is not finite", {"features": np.full((60, 2), np.inf)}),
        ("features: expected a row of numbers for each example", {"features": np.zeros(60)}),
        ("confidence", {"confidence": 95}),
        ("y: expected a label for each row", {"y": [None] * 60}),
    ],
)
def test_what_does_not_fit_is_refused(match, given):
    arguments = {"features": None, "y": np.arange(60) % 2, "y_pred": np.arange(60) % 2, "metadata": {"a": [0, 1] * 30}, **given}
    with pytest.raises(despur.InputError, match=match):
        despur.audit(arguments.pop("features"), arguments.pop("y"), **arguments)
