"""Comparisons, conditions and plans say what the tool says."""

import json
import pickle
from math import isnan

import numpy as np
import pytest

import despur

pandas = pytest.importorskip("pandas")


def plain(value):
    """NaN is null in files."""
    if isinstance(value, float) and isnan(value):
        return None
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def both(frame, **more):
    after = frame.pred.where(frame.index % 9 > 0, frame.y)
    given = {"sensitive_features": frame[["sex"]], **more}
    return despur.evaluate(frame.y, frame.pred, **given), despur.evaluate(frame.y, after, **given)


@pytest.fixture
def files(frame, tmp_path):
    after = frame.assign(pred=frame.pred.where(frame.index % 9 > 0, frame.y))
    paths = tmp_path / "before.csv", tmp_path / "after.csv"
    for table, path in zip((frame, after), paths, strict=True):
        table[["y", "pred", "sex", "id"]].to_csv(path, index=False)
    return paths


def test_comparisons_are_the_tools(frame, files, tool, tmp_path):
    said = json.loads(tool("compare", *files, "--json"))
    got = despur.compare(*both(frame, ids=frame.id))
    for key in ("matched_by", "confidence", "worst_group", "all", "groups"):
        assert plain(got.to_dict()[key]) == said[key], key
    assert plain(despur.compare(*files).to_dict()["groups"]) == said["groups"]
    assert despur.compare(*both(frame)).matched_by == "row"
    assert len(got.to_pandas()) == 4 and "worst group" in str(got)
    got.save(tmp_path / "c.json")
    written = json.loads((tmp_path / "c.json").read_text())
    assert plain(written["groups"]) == said["groups"] and plain(written["worst_group"]) == said["worst_group"]
    got.save(tmp_path / "c.csv")
    pandas.testing.assert_frame_equal(pandas.read_csv(tmp_path / "c.csv").set_index("name"), got.to_pandas())


def test_models_on_other_examples_are_refused(frame):
    first, second = both(frame)
    other = despur.evaluate(frame.y[:100], frame.pred[:100], sensitive_features=frame.sex[:100])
    with pytest.raises(despur.InputError):
        despur.compare(first, other)
    with pytest.raises(despur.InputError, match="confidence: expected a number between 0 and 1, found 95"):
        despur.compare(first, second, confidence=95)


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"min_worst_group": 0.3}, ["--min-worst-group", "0.3"]),
        ({"min_worst_group": 0.99, "max_gap": 0.9}, ["--min-worst-group", "0.99", "--max-gap", "0.9"]),
        ({"min_average": 0.8}, ["--min-average", "0.8"]),
        ({"max_difference": {"odds": 0.1, "selection": 0.9}}, ["--max-difference", "odds=0.1,selection=0.9"]),
        ({"min_ratio": {"selection": 0.5}, "min_rate": {"tpr": 0.1}}, ["--min-ratio", "selection=0.5", "--min-rate",
                                                                       "tpr=0.1"]),
    ],
)  # fmt: skip
def test_checks_are_the_tools(frame, files, tool, conditions, words):
    subject = both(frame)[0]
    said = json.loads(tool("check", files[0], *words, "--json", codes=(0, 1, 5)))
    got = despur.check(subject, **conditions)
    assert got.exit_code in (0, 1, 5) and bool(got) == (got.exit_code == 0)
    ours = [{k: v for k, v in plain(c).items() if v not in (None, 0)} for c in got.to_dict()["conditions"]]
    theirs = [{k: v for k, v in c.items() if v not in (None, 0)} for c in said["conditions"]]
    key = lambda c: c["condition"]  # noqa: E731
    assert sorted(ours, key=key) == sorted(theirs, key=key)


def test_a_check_writes_the_tools_files(files, tool, tmp_path):
    given = ["--min-worst-group", "0.5"]
    tool("check", files[0], *given, "--junit", tmp_path / "1.xml", "--markdown", tmp_path / "1.md", codes=(0, 1, 5))
    got = despur.check(files[0], min_worst_group=0.5, junit=tmp_path / "2.xml", markdown=tmp_path / "2.md")
    assert (tmp_path / "1.xml").read_bytes() == (tmp_path / "2.xml").read_bytes()
    assert (tmp_path / "1.md").read_bytes() == (tmp_path / "2.md").read_bytes()
    assert got.to_markdown() == (tmp_path / "2.md").read_text()
    for name in ("3.xml", "3.md", "3.json"):
        got.save(tmp_path / name)
    assert (tmp_path / "1.xml").read_bytes() == (tmp_path / "3.xml").read_bytes()
    assert (tmp_path / "1.md").read_bytes() == (tmp_path / "3.md").read_bytes()
    assert json.loads((tmp_path / "3.json").read_text())["exit_code"] == got.exit_code
    assert sorted(p.name for p in tmp_path.glob("3.*")) == ["3.json", "3.md", "3.xml"]
    again = pickle.loads(pickle.dumps(got))
    assert again == got
    with pytest.raises(despur.InputError, match="no longer knows its predictions"):
        again.save(tmp_path / "4.xml")
    with pytest.raises(despur.InputError, match=r"expected a name that ends in \.xml, \.md or \.json"):
        got.save(tmp_path / "4.html")
    assert not list(tmp_path.glob("4.*")) and not list(tmp_path.glob(".despur-*"))


def test_a_baseline_must_be_matched(frame):
    before, after = both(frame)
    assert despur.check(after, no_worse_than=before, margin=0.1).conditions[0].answer == "holds"
    assert despur.check(after, no_worse_than=before).exit_code in (0, 5)
    assert despur.check(before, no_worse_than=after, margin=0.0).exit_code in (1, 5)


def test_conditions_that_make_no_sense_are_refused(frame):
    seen = both(frame)[0]
    classes = despur.evaluate(frame.y, frame.pred)
    for match, subject, more in (
        ("expected a condition", seen, {}),
        ("min_average: expected a number from 0 to 1, found 80", seen, {"min_average": 80}),
        ("min_rate: expected a mapping", seen, {"min_rate": 0.8}),
        ("min_average: expected a number, found", seen, {"min_average": {"tpr": 1}}),
        ("there is no rate 'trp'", seen, {"min_rate": {"trp": 0.8}}),
        ("there are no rates by group: nothing but labels", classes, {"min_rate": {"tpr": 0.8}}),
    ):
        with pytest.raises(despur.InputError, match=match):
            despur.check(subject, **more)


def test_plans_are_the_tools(tool, tmp_path):
    said = json.loads(tool("plan", "--accuracy", "0.75", "--groups", "25", "--power", "0.9", "--json"))
    got = despur.plan(0.75, groups=25, power=0.9)
    assert plain(got.to_dict()["differences"]) == said["differences"]
    got.save(tmp_path / "plan.json")
    assert plain(json.loads((tmp_path / "plan.json").read_text())) == said
    got.save(tmp_path / "plan.csv")
    assert pandas.read_csv(tmp_path / "plan.csv").threshold.tolist() == [row["threshold"] for row in said["differences"]]
    said = json.loads(tool("plan", "--accuracy", "0.8", "--difference", "-0.05", "--disagree", "0.1", "--json"))
    assert plain(despur.plan(0.8, -0.05, disagree=0.1).to_dict()["differences"]) == said["differences"]
    for wrong in ({"accuracy": 2}, {"accuracy": 0.8, "difference": 0.3}, {"accuracy": 0.8, "groups": 0}, {"accuracy": 0.8, "groups": 1.5},
                  {"accuracy": 0.8, "difference": 0.05, "disagree": 0.01}, {"accuracy": 0.999}):
        with pytest.raises(despur.InputError):
            despur.plan(**wrong)
    with pytest.raises(despur.InputError, match="expected an evaluation, or the path of predictions, found NoneType"):
        despur.check(None, min_average=0.5)


def test_degenerate_models_say_so():
    y = np.arange(1000) % 2
    seen = despur.evaluate(y, np.zeros(1000, int), sensitive_features=np.arange(1000) % 3)
    assert seen.degenerate is not None
    assert despur.check(seen, min_average=0.1).degenerate
