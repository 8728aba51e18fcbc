"""Every snippet of docs/python.md runs, one after the other, as somebody new would type them."""

import os
import pathlib
import re
import shutil
import types

import numpy as np
import pytest

import despur

try:
    import pandas
except ImportError:  # as where the system's Python has PyTorch
    pandas = None

DOCS = next(
    (p / "python.md" for p in (pathlib.Path(__file__).parents[1], pathlib.Path(__file__).parents[2] / "docs")
     if (p / "python.md").exists()), None)  # fmt: skip
MODEL = pathlib.Path(os.environ.get("DESPUR_MODELS", ""), "pictures.onnx")
ROWS = 600


def snippets():
    """(the heading before it, code)"""
    text = DOCS.read_text() if DOCS else ""
    for block in re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        yield re.findall(r"^## (.*)$", text[: block.start()], re.MULTILINE)[-1], block[1]


def embeddings(rows=ROWS, seed=0):
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, rows)
    a = np.where(random.random(rows) < 0.9, y, 1 - y)
    x = random.normal(size=(rows, 8)) * 0.7
    x[:, 0] += 0.8 * (2 * y - 1)
    x[:, 1] += 4 * (2 * a - 1)
    return x.astype(np.float32), y, a


class Frame(dict):
    """Columns, where there is no pandas."""

    def __getitem__(self, names):
        return {name: self[name] for name in names} if isinstance(names, list) else super().__getitem__(names)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """What a reader has at hand, in a directory of his own."""
    place, before = tmp_path_factory.mktemp("story"), os.getcwd()
    os.chdir(place)
    x, y, a = embeddings()
    random = np.random.default_rng(1)
    df = (pandas.DataFrame if pandas else Frame)({
        "sex": np.where(a, "Female", "Male"), "race": random.choice(["Black", "White"], ROWS), "age": random.integers(18, 90, ROWS),
        "site": random.choice(["north", "south"], ROWS), "patient": np.arange(ROWS) // 2, "file": [f"{k}.png" for k in range(ROWS)],
        "noted": [None] * ROWS,
    })  # fmt: skip
    y_pred = np.where(random.random(ROWS) < 0.2, 1 - y, y)
    np.save("features.npy", x)
    before_, after = (despur.evaluate(np.tile(y, 20), np.tile(p, 20), sensitive_features=np.tile(a, 20)) for p in (y_pred, y))
    new_x, new_y, _ = embeddings(200, 3)
    yield {
        "despur": despur, "np": np, "df": df, "y_true": y, "y_pred": y_pred, "features": x, "y": y, "pred": y_pred, "before": before_, "after": after,
        "ax": axes(), "new_features": new_x, "new_y": new_y, "groups": 2 * y + a,
    }  # fmt: skip
    os.chdir(before)


class Axes:
    """What is used of matplotlib's, where that is not there."""

    def __getattr__(self, name):
        if name not in ("errorbar", "set_yticks", "set_yticklabels", "set_xlabel", "set_ylabel", "plot", "fill_between", "legend"):
            raise AttributeError(name)
        return lambda *values, **words: [len(v) for v in values if isinstance(v, list)]


def axes():
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return Axes()
    return Figure().subplots()


def test_charts_are_drawn_into_axes_that_are_brought(story):
    ax, (x, y, a) = axes(), embeddings()
    assert despur.evaluate(y, y, sensitive_features=a).draw(ax) is ax
    assert despur.audit(x, y).draw(ax) is ax
    assert despur.repair(x, y, attributes=a, methods="balanced", l2=[0.1]).draw(ax) is ax
    if not isinstance(ax, Axes):
        assert [t.get_text() for t in despur.evaluate(y, y).draw(axes()).get_yticklabels()] == ["y=0", "y=1"]


def with_torch(names):
    torch = pytest.importorskip("torch")
    from torch.nn.functional import cross_entropy
    from torch.utils.data import DataLoader

    model = torch.nn.Sequential()
    model.add_module("fc", torch.nn.Linear(8, 2))
    x, y = torch.tensor(names["features"]), torch.tensor(names["y"])
    torch.save(model.state_dict(), "model.pth")
    weight, bias = np.zeros((2, 8), np.float32), np.zeros(2, np.float32)
    return {"torch": torch, "cross_entropy": cross_entropy, "DataLoader": DataLoader, "model": model, "x": x,
            "data": list(zip(x, y, strict=True)), "y": names["y"], "g": torch.tensor(names["groups"]), "weight": weight, "bias": bias}  # fmt: skip


def photographs():
    image = pytest.importorskip("PIL.Image")
    for k, picture in enumerate(np.random.default_rng(2).integers(0, 256, (ROWS, 8, 8, 3)).astype(np.uint8)):
        for path in (f"photographs/{k}.png", f"classes/{'ab'[k % 2]}/{k}.png"):
            pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
            image.fromarray(picture).save(path)


def adapted(heading, code, story, monkeypatch):
    """Smaller runs, and what must be there first."""
    names = dict(story)
    if pandas is None:
        code = re.sub(r"\w+\.to_pandas\(\)", "None", code)
    code = code.replace('"george-blog", {"seed": 3, "train.epochs": 5}', '"demo", {"seed": 3, "train.epochs": 1}')
    if "torch" in code.lower() or "model.fc" in code or "model.pth" in code:
        names |= with_torch(names)
        code = code.replace("cross_entropy(model(x), y, ", "cross_entropy(model(x), torch.tensor(y), ")
    if "photographs" in code and not pathlib.Path("photographs").exists():
        photographs()
    if "grid.yaml" in code:
        recipe = pathlib.Path(despur.__file__).parent / "recipes" / "demo.yaml"
        pathlib.Path("grid.yaml").write_text(f"name: grid\nrecipes: {recipe}\nseeds: 0\ngrid: {{train.epochs: [1, 2]}}\n")
    if "runs/blog-3" in code and "despur.run(" not in code and not pathlib.Path("runs/blog-3").exists():
        despur.run("demo", {"seed": 3, "train.epochs": 1}, directory="runs/blog-3")
    if "resnet50.onnx" in code:
        pytest.importorskip("onnxruntime")
        if not MODEL.exists():
            pytest.skip("DESPUR_MODELS does not say where pictures.onnx is")
        shutil.copy(MODEL, "resnet50.onnx")
        monkeypatch.setenv("XDG_CACHE_HOME", os.getcwd())
        code = code.replace('"photographs/"', '"classes/"')
    if heading == "A better last layer":
        names["found"] = despur.audit(names["features"], names["y"])
    if heading == "With PyTorch":
        names["found"] = types.SimpleNamespace(labels_=names["groups"])
    return code, names


def test_there_are_snippets():
    if DOCS is None:
        pytest.skip("docs/python.md is not beside the tests")
    assert len(list(snippets())) >= 9


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("heading", "code"), list(snippets()), ids=[f"{h}-{k}" for k, (h, _) in enumerate(snippets())])
def test_a_snippet_of_the_story_runs(heading, code, story, monkeypatch):
    code, names = adapted(heading, code, story, monkeypatch)
    exec(compile(code, f"python.md: {heading}", "exec"), names)
