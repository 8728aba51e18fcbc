"""Audits are those of the tool, byte for byte, and find what was planted."""

import json
import re

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


def test_findings_are_ordered_by_what_their_cells_tell(tmp_path):
    """Schwarz's criterion, by NumPy from the files: errors of the confirmation half, class by class."""
    x, y, _ = embeddings()
    despur.audit(x, y, seed=3).save(tmp_path / "out")
    partitions = np.load(tmp_path / "out" / "partitions.npy").astype(int)
    predictions = pandas.read_csv(tmp_path / "out" / "groups.csv").prediction.to_numpy()
    judged = partitions[:, -1] == 1
    wrong = (predictions != y)[judged]

    def likelihood(marks):
        p = marks.mean()
        return len(marks) * (p * np.log(p) + (1 - p) * np.log(1 - p)) if 0 < p < 1 else 0.0

    candidates = json.loads((tmp_path / "out" / "audit.json").read_text())["candidates"]
    for k, candidate in enumerate(candidates):
        cells, gain, shares = partitions[judged, k], 0.0, 0
        for label in (0, 1):
            of_class = y[judged] == label
            parts = [wrong[of_class & (cells == cell)] for cell in np.unique(cells[of_class])]
            gain += 2 * (sum(map(likelihood, parts)) - likelihood(wrong[of_class]))
            shares += len(parts) - 1
        assert candidate["fit"] == pytest.approx(gain - shares * np.log(judged.sum()), rel=1e-5, abs=1e-5)
    standing = ["leans on it", "weak group", "nothing found"]
    knowing = ("weak_head", "mixture", "environments")
    order = [(standing.index(c["verdict"]), c["finder"] in knowing, -c["fit"]) for c in candidates]
    assert order == sorted(order) and len({c["verdict"] for c in candidates}) > 1


def test_what_a_network_makes_large_counts_only_where_it_was_trained_on_these(tmp_path):
    """One wide column falls into two parts by `a`, ten narrow ones by `b`: scale, or how many they are, says which."""
    random = np.random.default_rng(5)
    n = 1500
    y, a, b = random.integers(0, 2, (3, n))
    x = 0.01 * random.normal(size=(n, 12))
    x[:, 0] += 2 * a - 1
    x[:, 1:11] += 0.05 * (2 * b - 1)[:, None]
    x[:, 11] += 0.02 * (2 * y - 1)
    for trained_on, expected in ((True, a), (False, b)):
        found = despur.audit(x.astype(np.float32), y, trained_on=trained_on)
        found.save(tmp_path / str(trained_on))
        names = [c["name"] for c in found.to_dict()["candidates"]]
        parts = np.load(tmp_path / str(trained_on) / "partitions.npy")[:, names.index("2 clusters of all examples")]
        assert (parts == expected).all() or (parts != expected).all(), trained_on


def test_weights_give_the_tools_bytes(tool, tmp_path):
    t = planted().assign(weights=np.random.default_rng(0).lognormal(size=1200).round(3))
    t.loc[::50, "weights"] = 0
    t.to_csv(tmp_path / "t.csv", index=False)
    given = ["--label", "y", "--prediction", "pred", "--by", "site,camera", "--weight", "weights"]
    tool("audit", "--table", tmp_path / "t.csv", *given, "--out", tmp_path / "tool")
    there = t.weights > 0
    got = despur.audit(None, t.y, y_pred=t.pred, metadata=t[["site", "camera"]].where(there), weights=t.weights)
    got.save(tmp_path / "python")
    assert contents(tmp_path / "python") == contents(tmp_path / "tool")
    assert got.verdict == "weak group" and got.findings[0].cell == "site=north"
    alike = despur.audit(None, t.y, y_pred=t.pred, metadata=t[["site"]], weights=np.full(1200, 7))
    assert alike.to_dict() == despur.audit(None, t.y, y_pred=t.pred, metadata=t[["site"]]).to_dict()
    x, y, _ = embeddings()
    noise = (np.random.default_rng(1).lognormal(size=len(y)) * 10).astype(np.float32)
    assert despur.audit(x, y, seed=3, weights=noise).verdict == "leans on it"


def test_columns_that_repeat_labels_or_predictions_are_said_to(tmp_path):
    x, y, a = embeddings()
    pred = (x[:, 0] + x[:, 1] / 4 > 0).astype(int)
    given = {"copy": np.where(y == 1, "ill", "well"), "said": pred, "wrong": pred != y, "a": a}
    result = despur.audit(x, y, y_pred=pred, metadata=given).to_dict()
    assert [(note.split("'")[1], note.split(":")[0].split("' ")[1]) for note in result["notes"]] == [
        ("copy", "says the label of every example"), ("said", "says every prediction"), ("wrong", "says which predictions are wrong")]
    columns = {c["name"]: c for c in result["columns"]}
    assert columns["copy"]["says_label"]["value"] == 1 and columns["copy"]["held_out"] == 0  # no head could know the class
    assert columns["copy"]["fall_where_held_out"]["value"] is None and columns["a"]["fall_where_held_out"]["value"] > 0.1


def test_the_first_finding_is_what_the_sentence_names():
    x, y, _ = embeddings()
    found = despur.audit(x, y, seed=3)
    first, candidate = found.findings[0], found.to_dict()["candidates"][0]
    assert first.candidate == candidate["name"] and f"{first.cell} of {candidate['name']}" in found.sentence
    assert candidate["best"] == found.to_dict()["cells"][0]


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


def test_everything_that_the_tool_is_asked_gives_its_bytes(tool, tmp_path):
    """Tables with numbers, units and ids; logits; other halves; finders; lists to fill in, and filled in."""
    t = planted().assign(age=np.arange(1200) * 7 % 83, patient=np.arange(1200) % 1100, name=[f"p{k}" for k in range(1200)])
    t.to_csv(tmp_path / "t.csv", index=False)
    words = ["--label", "y", "--prediction", "pred", "--attribute", "site", "--by", "camera,age", "--unit", "patient", "--id", "name"]
    more = ["--repeats", 3, "--finders", "columns,conjunctions", "--label-some", 40, "--seed", 5]
    tool("audit", "--table", tmp_path / "t.csv", *words, *more, "--out", tmp_path / "tool")
    given = {"y_pred": t.pred, "attribute": t.site, "metadata": t[["camera", "age"]], "units": t.patient, "ids": t.name}
    asked = {"repeats": 3, "finders": ["columns", "conjunctions"], "label_some": 40, "seed": 5}
    got = despur.audit(None, t.y, **given, **asked)
    got.save(tmp_path / "python")
    assert contents(tmp_path / "python") == contents(tmp_path / "tool")
    assert len(got.to_label) == 40 and "to_label.csv" in contents(tmp_path / "python")
    filled = pandas.read_csv(tmp_path / "tool" / "to_label.csv")
    filled["attribute"] = t.site[filled.example].to_numpy()
    filled.to_csv(tmp_path / "filled.csv", index=False)
    words += ["--labelled", tmp_path / "filled.csv", "--by", "camera,age:10,50"]
    tool("audit", "--table", tmp_path / "t.csv", *words[:6], *words[8:], "--out", tmp_path / "tool2")
    noted = pandas.Series([None] * 1200, name="attribute", dtype=object)
    noted[filled.example] = filled.attribute
    for labelled in (tmp_path / "filled.csv", noted):
        again = despur.audit(None, t.y, **given, cut={"age": [10, 50]}, labelled=labelled)
        again.save(tmp_path / "python2")
        assert contents(tmp_path / "python2") == contents(tmp_path / "tool2")


def test_logits_give_the_tools_bytes(tool, tmp_path):
    x, y, _ = embeddings()
    logits = np.stack([-x[:, 0] - x[:, 1], x[:, 0] + x[:, 1]], axis=1)
    for name, array in (("x", x), ("y", y), ("l", logits)):
        np.save(tmp_path / f"{name}.npy", array)
    arrays = ["--labels", tmp_path / "y.npy", "--logits", tmp_path / "l.npy", "--finders", "all"]
    tool("audit", tmp_path / "x.npy", *arrays, "--out", tmp_path / "tool")
    got = despur.audit(x, y, logits=logits, finders="all")
    got.save(tmp_path / "python")
    assert contents(tmp_path / "python") == contents(tmp_path / "tool")
    assert "environments" in {c["finder"] for c in got.to_dict()["candidates"]}
    assert got.clusters.shape[0] == len(y) and got.clusters.shape[1] >= 2


def test_pictures_are_shown(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    x, y, a = embeddings(900)
    pictures = np.zeros((len(y), 8, 8, 3), np.uint8)
    pictures[..., 0], pictures[..., 2] = 255 * a[:, None, None], 255 * y[:, None, None]
    names = [f"{k}.png" for k in range(len(y))]
    for name, picture in zip(names, pictures, strict=True):
        Image.fromarray(picture).save(tmp_path / name)
    np.save(tmp_path / "pictures.npy", pictures)
    shown = [{"pictures": pictures}, {"pictures": tmp_path / "pictures.npy"}, {"pictures": tmp_path, "ids": names}]
    pages = [despur.audit(x, y, **given)._page() for given in shown]
    assert pages[0] == pages[1] and all(page.count("data:image/") >= 16 for page in pages)
    assert despur.audit(x, y)._page().count("data:image/") == 0


def test_a_run_is_audited_by_its_directory(tool, tmp_path):
    run = despur.run("demo", {"train.epochs": 1}, directory=tmp_path / "run")
    tool("audit", run.directory, "--out", tmp_path / "tool", codes=(0, 5))
    got = despur.audit(run.directory)
    got.save(tmp_path / "python")
    assert contents(tmp_path / "python") == contents(tmp_path / "tool")
    assert got.to_dict()["trained_on"] is True
    with pytest.raises(despur.InputError, match="metadata: is not for a run, which says itself"):
        despur.audit(run.directory, metadata={"a": [1]})


def test_pages_show_where_a_run_looked(tool, tmp_path):
    digits = {"images": "digits", "digits_train": 2500, "digits_test": 300, "strength": 0.95}
    changed = {f"data.{key}": value for key, value in digits.items()} | {"model.arch": "lenet", "train.epochs": 2}
    run = despur.run("erm", changed, directory=tmp_path / "run")
    tool("audit", run.directory, "--out", tmp_path / "tool")
    despur.audit(run.directory).save(tmp_path / "python")
    pages = [(tmp_path / of / "report.html").read_text(encoding="utf-8") for of in ("tool", "python")]
    tool_page, page = (re.sub("<p><code>.*?</code></p>", "", page) for page in pages)  # how to get it again differs
    assert page == tool_page and page.count('alt="where the model looked for') >= 16


@pytest.mark.parametrize(
    ("match", "given"),
    [
        ("features or columns", {"metadata": None}),
        ("y_pred: expected 60 rows", {"y_pred": [0, 1]}),
        (r"y_pred: expected predictions that occur as labels \(0, 1\), found '7'", {"y_pred": [7] * 60}),
        ("metadata: 'a': expected 60 rows", {"metadata": {"a": [1]}}),
        ("units: expected 60 rows", {"units": [1]}),
        ("ids: expected 60 rows", {"ids": [1]}),
        ("attribute: expected 60 rows", {"attribute": [1]}),
        (r"logits: expected \[60, 2\], a column for each class, found \[60, 3\]", {"logits": np.zeros((60, 3))}),
        ("logits: row 1, column 1: expected a finite number .*; of 120 numbers 120 are not", {"logits": np.full((60, 2), np.nan)}),
        ("finders: expected some of clusters,.* found 'clusterz'", {"finders": ["clusterz"]}),
        ("repeats: expected a whole number from 0 to 1000000, found -1", {"repeats": -1}),
        ("cut: metadata has no column 'b'; there are a", {"cut": {"b": 4}}),
        ("cut: metadata has no column 'a'", {"cut": {"a": 4}, "metadata": None}),
        ("layer: is for a folder of pictures and model=", {"layer": "fc"}),
        ("model_predicts: is for a folder of pictures", {"model_predicts": True}),
        ("finders: there are no features, columns or maps that clusters could look at", {"finders": "clusters"}),
        ("finders: there are no .* that columns,maps could", {"finders": ["columns", "maps"], "metadata": None, "features": np.random.default_rng(0).normal(size=(60, 2))}),
        ("metadata: expected columns of different names", {"metadata": {1: [0] * 60, "1": [1] * 60}}),
        ("folds: expected a whole number from 2 to 1000, found True", {"folds": True}),
        ("are its columns in the order 9, 10 or 10, 9", {"y": ["9", "10"] * 30, "y_pred": None, "logits": np.zeros((60, 2))}),
        ("pictures: expected ids=", {"pictures": "."}),
        ("pictures: expected bytes, or numbers", {"pictures": np.array(["x"] * 60)}),
        ("labelled: expected 60 rows", {"labelled": [1]}),
        ("model: expected a folder of pictures, found None", {"model": "m.onnx"}),
        ("expected a run, found a directory without config.yaml", {"features": ".", "y": None, "y_pred": None, "metadata": None}),
        ("y: is not for a run", {"features": "."}),
        ("y: expected a label for each row, found none", {"y": None}),
        ("splits: expected train, val or test", {"splits": ["valid"] * 60}),
        (r"weights: expected 60 numbers, as y has, found \[1\]", {"weights": [1]}),
        ("weights: expected numbers, found <U1", {"weights": ["1"] * 60}),
        ("weights: row 2: expected a number of 0 or more, found -1", {"weights": [1, -1] * 30}),
        ("weights: row 1: expected a number of 0 or more, found nan", {"weights": [np.nan] * 60}),
        ("weights: row 2: expected a number of 0 or more, found inf", {"weights": [1, np.inf] * 30}),
        ("weights: all 60 weights are 0", {"weights": [0] * 60}),
        (r"features: row 1, column 2: expected a finite number of single precision \(float32\)$", {"features": np.eye(60, 2, 1) * 1e39}),
        ("features: all 2 columns are constant in single precision", {"features": np.eye(60, 2) + 1e9}),
        ("features: expected a row of numbers for each example", {"features": np.zeros(60)}),
        ("confidence", {"confidence": 95}),
        ("y: expected a label for each row", {"y": [None] * 60}),
    ],
)
def test_what_does_not_fit_is_refused(match, given):
    arguments = {"features": None, "y": np.arange(60) % 2, "y_pred": np.arange(60) % 2, "metadata": {"a": [0, 1] * 30}, **given}
    with pytest.raises(despur.InputError, match=match):
        despur.audit(arguments.pop("features"), arguments.pop("y"), **arguments)
