"""Runs are those of the tool, byte for byte, and stop when they are told to."""

import json
import pickle
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import despur

LONG = {"train.epochs": 100000}


def contents(directory):
    skip = {"timing.json"}
    return {p.name: p.read_bytes() for p in directory.iterdir() if p.is_file() and p.name not in skip}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A linear network on features with a shortcut, as a configuration: a fraction of a second."""
    directory, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    y = random.integers(0, 2, 1200)
    a = np.where(random.random(1200) < 0.9, y, 1 - y)
    x = random.normal(size=(1200, 6)) + np.outer(y, [1, 0, 0, 0, 0, 0]) + np.outer(a, [0, 3, 0, 0, 0, 0])
    files = {"features": x.astype(np.float32), "labels": y, "attributes": a, "splits": np.arange(1200) % 3}
    for name, array in files.items():
        np.save(directory / f"{name}.npy", array)
    data = {"source": "features", **{name: str(directory / f"{name}.npy") for name in files}}
    return {"seed": 3, "data": data, "model": {"arch": "linear"}, "train": {"method": "erm", "epochs": 2}}


@pytest.fixture(scope="module")
def recipe(small, tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "small.yaml"
    path.write_text(json.dumps(small))
    return path


@pytest.fixture(scope="module")
def done(recipe, tmp_path_factory):
    return despur.run(recipe, directory=tmp_path_factory.mktemp("runs") / "one", threads=1)


def test_a_run_leaves_the_bytes_of_the_tools(small, recipe, done, tool, tmp_path):
    tool("run", recipe, "--out", tmp_path / "tool", "--quiet")
    assert contents(Path(done.directory)) == contents(tmp_path / "tool")
    again = despur.run(small, directory=tmp_path / "dict")
    files = [contents(Path(d)) for d in (done.directory, again.directory)]
    assert files[0]["predictions.csv"] == files[1]["predictions.csv"]
    said = json.loads(tool("eval", tmp_path / "tool", "--json"))
    assert done.evaluate().to_dict()["groups"] == [{**g} for g in said["groups"]]
    assert done.evaluate().worst_group == said["worst_group"]


def test_a_run_says_what_it_found(done):
    assert done.verdict and done.split == "test" and done.stages[-1]["label"] == "ERM"
    assert len(done.results) >= 2 and done._repr_html_().startswith("<iframe sandbox")
    assert done.to_pandas().loc["ERM", "epochs"] == 2
    assert all("</svg>" in plot.svg for plot in done.plots) and done.plot().title
    seen = done.evaluate()
    assert seen.worst_group_accuracy == pytest.approx(done.stages[-1]["worst_group_accuracy"], abs=1e-11)
    stage = done.stages[-1]
    line = [r for r in done.results if r.get("split") == "test" and r.get("epoch") == stage["selected_epoch"]][-1]
    measures = {key for key, value in stage.items() if isinstance(value, float)} - {"seconds"}
    assert {"worst_group_low", "average_accuracy", "worst_class_accuracy", "attribute_accuracy", "loss"} <= measures <= set(line)
    for key in measures:
        assert stage[key] == pytest.approx(line[key], abs=1e-11), key


def test_tables_are_the_tools(done, tool, tmp_path):
    got = despur.table(done.directory, measure="average_accuracy")
    assert got.csv == tool("table", done.directory, "--measure", "average_accuracy", "--format", "csv")
    assert got.markdown == tool("table", done.directory, "--measure", "average_accuracy", "--format", "markdown")
    got.save(tmp_path / "table.md")
    assert (tmp_path / "table.md").read_text() == got.markdown
    assert len(got.to_pandas()) == len(got.to_dict()["cells"]) == 1
    with pytest.raises(despur.InputError, match="expected a name that ends in"):
        got.save(tmp_path / "table.xls")
    with pytest.raises(despur.InputError):
        despur.table(tmp_path, rows="train.no_such_key")


def test_progress_is_a_callback_and_what_it_raises_stops_the_run(recipe, tmp_path):
    heard = []
    despur.run(recipe, directory=tmp_path / "a", progress=lambda kind, value: heard.append((kind, value)))
    assert {kind for kind, _ in heard} == {"note", "progress"}
    last = [value for kind, value in heard if kind == "progress"][-1]
    assert last["epoch"] == last["epochs"] == 2 and last["done"] == last["total"]

    def refuse(kind, value):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        despur.run(recipe, LONG, directory=tmp_path / "b", progress=refuse)


def test_an_interrupted_run_goes_on_to_the_same_bytes(recipe, tmp_path):
    keys = {"train.epochs": 30}
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    begun = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        despur.run(recipe, LONG, directory=tmp_path / "long")
    assert time.monotonic() - begun < 6
    assert json.loads((tmp_path / "long" / "manifest.json").read_text())["outcome"] == "interrupted"
    seen = 0

    def stop(kind, value):
        nonlocal seen
        seen += kind == "progress"
        if seen == 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        despur.run(recipe, keys, directory=tmp_path / "stopped", progress=stop)
    despur.run(recipe, keys, directory=tmp_path / "stopped", resume=True)
    despur.run(recipe, keys, directory=tmp_path / "whole")
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_group_inference_is_interrupted_too(small, tmp_path):
    keys = {"reference.epochs": 1, "infer.method": "cluster", "infer.starts": 1000, "infer.clusters": 100}
    keys |= {"train.method": "group_balance", "infer.algorithm": "kmedoids", "reference.batch_size": 512}
    stages, pressed = [], []

    def press():
        pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    def follow(kind, value):
        if isinstance(value, dict) and not stages:  # the reference is trained in no time; a fast machine infers for half a second
            threading.Timer(0.15, press).start()
        stages.extend([value] if isinstance(value, dict) else [])

    with pytest.raises(KeyboardInterrupt):
        despur.run(small, keys, directory=tmp_path / "run", progress=follow)
    assert time.monotonic() - pressed[0] < 5
    said = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert said["outcome"] == "interrupted"
    # Fast machines have ended some of the 1,000 starts by then; none has come to training.
    assert {s["stage"] for s in stages} <= {"reference", "starts"}


def test_configurations_that_cannot_be_are_refused(small, tmp_path):
    with pytest.raises(despur.InputError, match="there are .*demo"):
        despur.config("dmeo")
    with pytest.raises(despur.InputError, match="train.epoch"):
        despur.run("demo", {"train.epoch": 3}, directory=tmp_path / "x")
    with pytest.raises(despur.InputError, match="threads: expected at least 1, found 0"):
        despur.run(small, threads=0, directory=tmp_path / "x")
    with pytest.raises(despur.InputError, match="split: expected train, val or test"):
        despur.cam(tmp_path, split="all")
    with pytest.raises(despur.InputError):
        despur.cam(tmp_path)
    assert not (tmp_path / "x").exists()


def test_a_sweep_is_carried_out(recipe, tmp_path):
    path = tmp_path / "grid.yaml"
    path.write_text(f"recipes: ['{recipe}']\nseeds: 0-1\ngrid: {{train.epochs: [1, 2]}}\n")
    heard = []
    got = despur.sweep(path, directory=tmp_path / "grid", progress=lambda kind, value: heard.append(value))
    assert (got.runs, got.complete, got.kept, got.failed) == (4, 4, 0, ())
    assert despur.sweep(path, directory=tmp_path / "grid").kept == 4
    got.save(tmp_path / "copy")
    assert despur.table(tmp_path / "copy").csv == despur.table(tmp_path / "grid").csv
    assert got.table(columns="train.epochs").to_pandas()["runs"].sum() == 4


def test_where_a_network_looks_is_what_the_tool_says(tool, tmp_path):
    random = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", random.integers(0, 255, (120, 3, 28, 28), dtype=np.uint8))
    for name, period in (("y", 2), ("a", 2), ("s", 3)):
        np.save(tmp_path / f"{name}.npy", np.arange(120) // (1 + (name == "a")) % period)
    files = {"images": "x", "labels": "y", "attributes": "a", "splits": "s"}
    data = {"source": "npy", **{key: str(tmp_path / f"{name}.npy") for key, name in files.items()}}
    given = {"data": data, "model": {"arch": "lenet"}, "train": {"method": "erm", "epochs": 1}}
    run = despur.run(given, directory=tmp_path / "run")
    said = json.loads(tool("cam", run.directory, "--json", "--out", tmp_path / "tool"))
    got = despur.cam(run.directory, out=tmp_path / "python")
    files = [sorted(p.name for p in (tmp_path / d).iterdir()) for d in ("tool", "python")]
    assert files[0] == files[1]
    for name in files[0]:
        assert (tmp_path / "tool" / name).read_bytes() == (tmp_path / "python" / name).read_bytes()
    assert got.layer == said["layer"] and got._repr_html_().count("<img") == len(got.sheets)
    assert len(got.to_pandas()) == len(got.stages[0]["groups"])
    got.save(tmp_path / "later")
    for name in files[0]:
        assert (tmp_path / "tool" / name).read_bytes() == (tmp_path / "later" / name).read_bytes()
    again = pickle.loads(pickle.dumps(got))
    assert again == got
    with pytest.raises(despur.InputError, match="a Cam that was pickled has no maps to write"):
        again.save(tmp_path / "more")
    run.save(tmp_path / "copy")
    assert tool("verify", tmp_path / "copy")
    with pytest.raises(despur.InputError, match="expected a directory that is not there yet, or is empty"):
        run.save(tmp_path / "copy")
