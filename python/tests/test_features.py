"""Features of pictures are those of the tool, byte for byte, and of ONNX Runtime called from Python."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import despur

MODELS = os.environ.get("DESPUR_MODELS", "")


@pytest.fixture
def model():
    pytest.importorskip("onnxruntime")
    path = Path(MODELS, "pictures.onnx")
    if not path.exists():
        pytest.skip("DESPUR_MODELS does not say where pictures.onnx is")
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    Image = pytest.importorskip("PIL.Image")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for i, picture in enumerate(np.random.default_rng(2).integers(0, 256, (300, 8, 8, 3)).astype(np.uint8)):
        path = tmp_path / "classes" / "abc"[i % 3] / f"{i:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return tmp_path / "classes"


def same(one, other, names):
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_an_array_gives_the_tools_bytes(model, tool, tmp_path):
    import onnxruntime

    images = np.random.default_rng(0).integers(0, 256, (70, 3, 8, 8)).astype(np.uint8)
    mean, deviation = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).reshape(2, 1, 3, 1, 1)
    seen = ((images / 255 - mean) / deviation).astype("f4")
    wanted, = onnxruntime.InferenceSession(model).run(None, {"image": seen})
    got = despur.features(model, images, logits=True, maps=True)
    assert got.logits == pytest.approx(wanted, abs=1e-5 * float(np.abs(wanted).max())) and got.maps.shape[0] == 70
    assert got.engine == onnxruntime.__version__ and got.table is None and got.about["preprocess"]["name"] == "imagenet"
    floats = despur.features(model, seen, preprocess="none", logits=True)
    assert (floats.x == got.x).all() and (floats.logits == got.logits).all()
    (tmp_path / "tool").mkdir()
    np.save(tmp_path / "images.npy", images)
    out = tmp_path / "tool" / "features.npy"
    tool("features", model, tmp_path / "images.npy", "--out", out, "--logits", tmp_path / "tool" / "logits.npy", "--maps",
         tmp_path / "tool" / "maps.npy", "--quiet")  # fmt: skip
    despur.features(model, tmp_path / "images.npy", logits=True, maps=True, out=tmp_path / "python")
    got.save(tmp_path / "copy")
    same(tmp_path / "python", tmp_path / "tool", ["features.npy", "logits.npy", "maps.npy", "features.npy.json"])
    same(tmp_path / "copy", tmp_path / "tool", ["features.npy", "logits.npy", "maps.npy"])


def test_a_folder_is_described_and_audited(model, folder, tool, tmp_path):
    got = despur.features(model, folder)
    assert got.x.shape == (300, 4) and set(got.column("y")) == {"a", "b", "c"} and len(got.to_pandas()) == 300
    assert repr(got) == f"4 features of 300 pictures from '{got.layer}'"
    with pytest.raises(TypeError, match="save"):
        pickle.dumps(got)
    tool("audit", folder, "--model", model, "--model-predicts", "--out", tmp_path / "tool", codes=(0, 5))
    found = despur.audit(folder, model=model, model_predicts=True)
    found.save(tmp_path / "python")
    names = sorted(p.name for p in (tmp_path / "tool").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "python").iterdir()) and "features.npy" in names
    same(tmp_path / "python", tmp_path / "tool", [n for n in names if n != "report.html"])
    with pytest.raises(despur.InputError, match="splits: is not for a folder of pictures"):
        despur.audit(folder, splits=[0] * 300, model=model)


def test_layers_are_listed_without_the_engine(tool):
    path = Path(MODELS, "pictures.onnx")
    if not path.exists():
        pytest.skip("DESPUR_MODELS does not say where pictures.onnx is")
    found = despur.layers(path)
    assert [f"{'*' if usual else ' '} {operation:24} {name}" for operation, name, usual in found] == tool(
        "features", path, "--list").splitlines()  # fmt: skip
    assert sum(usual for _, _, usual in found) == 1


def test_a_runs_own_features_are_the_tools(tool, tmp_path):
    run = despur.run("demo", {"train.epochs": 1}, directory=tmp_path / "run")
    (tmp_path / "tool").mkdir()
    tool("features", run.directory, "--out", tmp_path / "tool" / "features.npy", "--quiet")
    got = despur.features(run.directory, out=tmp_path / "python")
    same(tmp_path / "python", tmp_path / "tool", ["features.npy", "features.npy.csv"])
    assert got.engine is None and len(got.table) == len(got.x) and set(got.column("split")) == {"train", "val", "test"}
    with pytest.raises(despur.InputError, match="of ONNX models, not of a run"):
        despur.features(run.directory, logits=True)
    with pytest.raises(despur.InputError, match="expected a directory that is not there yet, or is empty"):
        despur.features(run.directory, out=tmp_path / "python")


@pytest.mark.parametrize(
    ("match", "given"),
    [
        ("images: expected pictures for m.onnx, found none", {"images": None}),
        ("preprocess: expected none, unit, imagenet", {"preprocess": "clippy"}),
        ("filter: expected bilinear, bicubic, found 'cubic'", {"filter": "cubic"}),
        ("shorter: expected at least 1, found 0", {"shorter": 0}),
        ("m.onnx", {}),
    ],
)
def test_what_cannot_be_used_is_refused(match, given):
    with pytest.raises(despur.InputError, match=match):
        despur.features("m.onnx", **{"images": np.zeros((1, 3, 8, 8), np.uint8), **given})
