"""What evaluate measures equals what others measure, and what the tool writes."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest

import despur

fairlearn = pytest.importorskip("fairlearn.metrics")
sklearn_metrics = pytest.importorskip("sklearn.metrics")
pytest.importorskip("hypothesis")

from hypothesis import given, settings, strategies

PEERS = {
    "accuracy": sklearn_metrics.accuracy_score,
    "tpr": fairlearn.true_positive_rate,
    "fnr": fairlearn.false_negative_rate,
    "fpr": fairlearn.false_positive_rate,
    "tnr": fairlearn.true_negative_rate,
    "precision": sklearn_metrics.precision_score,
    "f1": sklearn_metrics.f1_score,
    "selection": fairlearn.selection_rate,
}


def random_case(seed):
    random = np.random.default_rng(seed)
    n = int(random.integers(4, 300))
    y = random.integers(0, 2, n)
    y[:2] = 0, 1
    pred = np.where(random.random(n) < random.uniform(0.5, 0.95), y, 1 - y)
    group = random.integers(0, random.integers(2, 6), n)
    return y, pred, group


NAMES = ["Female", "Male", "<=50K", "é", "two words", "7"]
ROW = strategies.tuples(strategies.booleans(), strategies.booleans(), strategies.sampled_from(NAMES))
ROWS = strategies.tuples(
    strategies.sampled_from(NAMES).map(lambda name: [(False, True, name), (True, True, name)]),  # both labels occur
    strategies.lists(ROW, max_size=80),
).map(lambda parts: parts[0] + parts[1])


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(ROWS)
def test_numbers_equal_fairlearn_and_scikit_learn(rows):
    y, pred = (np.array([row[k] for row in rows], int) for k in (0, 1))
    group = np.array([row[2] for row in rows])
    got = despur.evaluate(y, pred, sensitive_features={"a": group})
    peers = fairlearn.MetricFrame(metrics=PEERS, y_true=y, y_pred=pred, sensitive_features=group)
    assert got.average_accuracy == pytest.approx(sklearn_metrics.accuracy_score(y, pred), abs=1e-12)
    assert got.confusion == tuple(sklearn_metrics.confusion_matrix(y, pred, labels=[0, 1]).tolist())
    for rate in PEERS:
        rates = got.rates(rate)
        assert set(rates) == {f"a={value}" for value in group}
        for value, wanted in peers.by_group[rate].items():
            ours = rates[f"a={value}"].value
            # of no examples there is no rate; others say 0
            assert np.isnan(ours) or ours == pytest.approx(wanted, abs=1e-11), (rate, value)
    for g in got.groups:
        label, a = (part.split("=", 1)[1] for part in g.name.split(",", 1))
        of = (y == int(label)) & (group == a)
        assert (g.count, g.correct) == (of.sum(), (of & (pred == y)).sum())
    assert sum(g.count for g in got.groups) == len(y)
    assert got.worst_group_accuracy == min(g.accuracy for g in got.groups)


@pytest.mark.filterwarnings("ignore")
def test_spreads_equal_fairlearn(frame):
    case = {"y_true": frame.y, "y_pred": frame.pred, "sensitive_features": frame.sex}
    got = despur.evaluate(**case)
    for ours, theirs in (
        (got.spread("selection").difference, fairlearn.demographic_parity_difference(**case)),
        (got.spread("selection").ratio, fairlearn.demographic_parity_ratio(**case)),
        (got.spread("odds").difference, fairlearn.equalized_odds_difference(**case)),
        (got.spread("odds").ratio, fairlearn.equalized_odds_ratio(**case)),
    ):
        assert ours == pytest.approx(theirs, abs=1e-11)


def test_probabilities_equal_scikit_learn(frame):
    got = despur.evaluate(frame.y, y_prob=frame.p, sensitive_features=frame.sex)
    both = despur.evaluate(frame.y, y_prob=np.column_stack([1 - frame.p, frame.p]), sensitive_features=frame.sex)
    for one in (got, both):
        assert one.auroc == pytest.approx(sklearn_metrics.roc_auc_score(frame.y, frame.p), abs=1e-11)
        brier = 2 * sklearn_metrics.brier_score_loss(frame.y, frame.p)
        assert one.brier == pytest.approx(brier, abs=1e-11)
        clipped = np.clip(frame.p, 1e-15, 1 - 1e-15)
        assert one.log_loss == pytest.approx(sklearn_metrics.log_loss(frame.y, clipped), abs=1e-9)
        assert one.correct == (frame.pred == frame.y).sum()


def arrays(frame, **more):
    return despur.evaluate(
        frame.y, frame.pred, sensitive_features=frame[["sex", "race"]], label="people.csv", **more
    )


def test_arrays_give_the_bytes_that_a_file_gives(frame, csv, tool, tmp_path):
    tool("eval", "--predictions", csv, "--by", "sex,race", "--out", tmp_path / "tool")
    despur.evaluate_file(csv, by=["sex", "race"]).save(tmp_path / "file")
    arrays(frame).save(tmp_path / "arrays")
    for name in ("report.html", "results.json", "columns.json", "manifest.json"):
        assert (tmp_path / "file" / name).read_bytes() == (tmp_path / "tool" / name).read_bytes(), name
    wanted = (tmp_path / "tool" / "results.json").read_bytes()
    assert (tmp_path / "arrays" / "results.json").read_bytes() == wanted


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({"min_count": 50}, ["--min-count", "50"]),
        ({"whole_groups": True}, ["--whole-groups"]),
        ({"positive": 0}, ["--positive", "0"]),
    ],
)
def test_options_mean_what_they_mean_to_the_tool(frame, csv, tool, options, more):
    said = json.loads(tool("eval", "--predictions", csv, "--by", "sex,race", "--json", *more))
    got = arrays(frame, **options).to_dict()
    for key in ("columns", "label"):
        said.pop(key), got.pop(key)
    assert got == said


def test_intervals_hold_for_units_as_the_tool_has_them(frame, tool, tmp_path):
    frame["patient"] = [f"p{k // 8}" for k in range(len(frame))]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    more = ["--by", "sex", "--unit", "patient", "--json"]
    said = json.loads(tool("eval", "--predictions", tmp_path / "rows.csv", *more))
    got = despur.evaluate(
        frame.y, frame.pred, y_prob=frame.p, sensitive_features=frame[["sex"]], units=frame.patient
    )
    assert [(g.low, g.high) for g in got.groups] == [(g["low"], g["high"]) for g in said["groups"]]
    assert got.to_dict()["units"] == said["units"] and said["units"]["count"] == 50
    from_file = despur.evaluate_file(tmp_path / "rows.csv", by="sex", unit="patient")
    assert [g.low for g in from_file.groups] == [g.low for g in got.groups]


def test_rows_weigh_as_the_tool_has_them(frame, tool, tmp_path):
    frame["wt"] = [0.0 if k == 7 else 1 + k % 5 for k in range(len(frame))]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    said = json.loads(tool("eval", "--predictions", tmp_path / "rows.csv", "--by", "sex", "--weight", "wt", "--json"))
    got = despur.evaluate(
        frame.y, frame.pred, y_prob=frame.p, sensitive_features=frame[["sex"]], weights=frame.wt
    )
    assert [(g.accuracy, g.low, g.high) for g in got.groups] == [
        (g["accuracy"], g["low"], g["high"]) for g in said["groups"]
    ]
    right = frame.y == frame.pred
    assert said["average_accuracy"] == pytest.approx(np.average(right, weights=frame.wt), abs=1e-11)
    from_file = despur.evaluate_file(tmp_path / "rows.csv", by="sex", weight="wt")
    assert [g.low for g in from_file.groups] == [g.low for g in got.groups]
    with pytest.raises(despur.InputError, match="expected a weight of 0 or more, found -1"):
        despur.evaluate(frame.y, frame.pred, weights=-np.ones(len(frame)))


def test_groups_overlap_as_the_tool_has_them(frame, tool, tmp_path):
    parts = {"even": [k % 2 for k in range(len(frame))], "third": [k % 3 == 0 for k in range(len(frame))]}
    for name, values in parts.items():
        frame[name] = values
    frame.to_csv(tmp_path / "rows.csv", index=False)
    said = json.loads(
        tool("eval", "--predictions", tmp_path / "rows.csv", "--overlapping", "even,third", "--at", "0.9", "--json")
    )
    got = despur.evaluate(
        frame.y, frame.pred, y_prob=frame.p, sensitive_features=frame[list(parts)], overlapping=True, at=0.9
    )
    assert [(g.name, g.count, g.low) for g in got.groups] == [(g["name"], g["count"], g["low"]) for g in said["groups"]]
    assert sum(g.count for g in got.groups) > len(frame)
    from_file = despur.evaluate_file(tmp_path / "rows.csv", overlapping=["even", "third"], at=0.9)
    assert [g.high for g in from_file.groups] == [g["high"] for g in said["groups"]]


def test_numbers_are_cut_as_the_tool_cuts_them(frame, csv, tool):
    said = json.loads(tool("eval", "--predictions", csv, "--by", "id:4", "--json"))
    got = despur.evaluate(frame.y, frame.pred, sensitive_features={"id": frame.id}, cut={"id": 4})
    assert [g.name for g in got.groups] == [g["name"] for g in said["groups"]]
    edges = despur.evaluate(frame.y, frame.pred, sensitive_features={"id": frame.id}, cut={"id": [100, 300]})
    assert "y=0,id=100 to under 300" in edges.by_group


def test_a_page_does_not_leak_into_a_notebook(frame):
    shown = arrays(frame)._repr_html_()
    assert shown.startswith("<iframe sandbox") and "<style" not in shown and "<h1" not in shown


def test_results_are_frozen_and_go_into_pandas(frame):
    got = arrays(frame)
    with pytest.raises(AttributeError):
        got.worst_group = "none"
    with pytest.raises(AttributeError):
        got.groups[0].count = 3
    with pytest.raises(AttributeError, match="no attribute 'wurst_group'"):
        got.wurst_group
    got.to_dict()["groups"].clear()
    table = got.to_pandas()
    assert table["count"].sum() == len(frame) and len(table) == len(got.groups)
    assert table.loc[got.worst_group, "accuracy"] == got.worst_group_accuracy
    names = np.array([g.name for g in got.groups])[got.group_of]
    assert names[0] == f"y={frame.y[0]},sex={frame.sex[0]},race={frame.race[0]}"


def test_without_features_groups_are_classes():
    got = despur.evaluate(["cat", "dog", "dog"], ["cat", "dog", "cat"])
    assert got.worst_group == "y=dog" and got.worst_group_accuracy == 0.5
    with pytest.raises(despur.InputError, match="there are no rates"):
        got.rates("tpr")


def test_more_than_two_classes_have_rates_each():
    y = np.arange(60) % 3
    got = despur.evaluate(y, (y + (np.arange(60) > 50)) % 3, sensitive_features=np.arange(60) % 2)
    assert got.rates("tpr", positive="2")["group=0"].of == 10
    assert got.positive is None
    with pytest.raises(despur.InputError, match="no class 'cat' has rates"):
        got.rates("tpr", positive="cat")
    with pytest.raises(despur.InputError, match=r"rates of which class\? Say positive=, one of \['0', '1', '2'\]"):
        got.spread("selection")


def test_the_class_that_rates_are_of_is_known():
    y, predicted, group = ["no", "yes", "yes", "no"], ["no", "yes", "no", "no"], list("aabb")
    assert despur.evaluate(y, predicted, sensitive_features=group).positive == "yes"
    other = despur.evaluate(y, predicted, sensitive_features=group, positive="no")
    assert other.positive == "no" and other.rates("tpr")["group=b"].value == 1


@pytest.mark.parametrize("value", [0, -0.1, 1.5, float("nan")])
def test_thresholds_that_decide_nothing_are_refused(value):
    with pytest.raises(despur.InputError, match="threshold: expected a number above 0 and up to 1"):
        despur.evaluate([0, 1], y_prob=[0.2, 0.7], threshold=value)
    with pytest.raises(despur.InputError, match="at: expected a number above 0 and up to 1"):
        despur.evaluate([0, 1], [0, 1], sensitive_features={"a": [0, 1]}, overlapping=True, at=value)


@pytest.mark.parametrize(
    ("match", "given"),
    [
        ("at: is for overlapping=True", {"at": 0.3}),
        ("classes: is for y_prob=", {"classes": [0, 1]}),
        ("classes: is for a y_prob with a column for each", {"classes": [0, 1], "y_prob": [0.2, 0.7]}),
        ("cut: sensitive_features has no column 'age'; there are group", {"cut": {"age": 4}}),
        ("cut: 'group': parts: expected a whole number from 2 to 20, found 101", {"cut": {"group": 101}}),
        ("min_count: expected a whole number of 0 or more, found 2.5", {"min_count": 2.5}),
        ("y_prob: expected values, found masked ones", {"y_prob": np.ma.array([0.2, 0.3], mask=[0, 1])}),
        ("min_count: expected a whole number of 0 or more, found -1", {"min_count": -1}),
    ],
)
def test_what_would_have_no_effect_is_refused(match, given):
    with pytest.raises(despur.InputError, match=match):
        despur.evaluate([0, 1], [0, 1], sensitive_features=["a", "b"], **given)


def test_one_edge_is_no_number_of_parts():
    y = np.arange(120) % 2
    for edges, names in (([18], ["under 18", "18 and over"]), ([1.5], ["under 1.5", "1.5 and over"]), (np.int64(2), ["under 60", "60 and over"])):
        seen = despur.evaluate(y, y, sensitive_features={"a": range(120)}, cut={"a": edges}, whole_groups=True)
        assert [g.name for g in seen.groups] == names


def test_text_is_not_read_as_numbers():
    versions, right = ["1.1", "1.1", "1.10", "1.10"], [1, 1, 0, 0]
    seen = despur.evaluate([1] * 4, right, sensitive_features={"version": versions}, whole_groups=True, ids=["1", "1.0", "1.00", "2"])
    assert [(g.name, g.accuracy) for g in seen.groups] == [("1.1", 1), ("1.10", 0)]


def test_columns_of_probabilities_are_of_the_classes_that_they_are_called():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    wrong_way_round = {"1": [0.9, 0.1], "0": [0.1, 0.9]}
    for frame in (pandas.DataFrame(wrong_way_round), polars.DataFrame(wrong_way_round), pandas.DataFrame({1: [0.9, 0.1], 0: [0.1, 0.9]})):
        assert despur.evaluate([1, 0], y_prob=frame).auroc == 1
    assert despur.evaluate([1, 0], y_prob=pandas.DataFrame({"no": [0.1, 0.9], "yes": [0.9, 0.1]})).auroc == 1


def test_nobody_knows_the_order_of_text_that_looks_like_numbers():
    y, p = ["9", "10", "9"], np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    with pytest.raises(despur.InputError, match=r"are its columns in the order 9, 10 or 10, 9\? \(say which: classes=\)"):
        despur.evaluate(y, y_prob=p)
    assert despur.evaluate(y, y_prob=p, classes=["10", "9"]).average_accuracy == 1


def test_a_score_of_1_and_2_is_of_neither_until_somebody_says():
    y, p = [1, 2, 1, 2], [0.2, 0.7, 0.3, 0.8]
    with pytest.raises(despur.InputError, match="of which class is 'score' the probability"):
        despur.evaluate(y, y_prob=p)
    assert despur.evaluate(y, y_prob=p, positive=2).auroc == 1
    assert despur.evaluate([-1, 1, -1, 1], y_prob=p).auroc == 1


def test_names_of_columns_that_the_module_uses_itself_are_free():
    pandas = pytest.importorskip("pandas")
    y, p, g = [0, 1, 0, 1], [0.2, 0.7, 0.6, 0.9], list("abab")
    for name in ("score", "prob_0", "id", "unit", "group"):
        seen = despur.evaluate(y, y_prob=p, sensitive_features={name: g}, ids=range(4))
        assert seen.correct == 3 and seen.groups[0].name == f"y=0,{name}=a"
    columns = np.column_stack([1 - np.array(p), p])
    assert despur.evaluate(y, y_prob=columns, sensitive_features={"prob_0": g}).correct == 3
    assert despur.evaluate(pandas.Series(y, name="group"), y).correct == 4
    assert despur.evaluate(y, pandas.Series(y, name="id"), ids=range(4)).correct == 4


def test_columns_of_one_name_are_refused():
    with pytest.raises(despur.InputError, match="sensitive_features: expected columns of different names, found 1, 1"):
        despur.evaluate([1, 0], [1, 0], sensitive_features={1: [1, 2], "1": [2, 2]})


def test_models_whose_worst_groups_have_other_rules_are_not_compared():
    y, g = np.arange(120) % 2, np.repeat(list("ab"), [100, 20])
    first = despur.evaluate(y, y, sensitive_features=g, min_count=50)
    second = despur.evaluate(y, 1 - y, sensitive_features=g)
    for pair in ((first, second), (second, first)):
        with pytest.raises(despur.InputError, match="cannot be the worst, in the second those of fewer than"):
            despur.compare(*pair)


def test_weights_are_not_for_probabilities_and_that_is_said():
    seen = despur.evaluate([0, 0, 1, 1], y_prob=[0.1, 0.6, 0.4, 0.9], weights=[1, 100, 100, 1])
    assert seen.auroc == 0.75 and any("Brier score, log_loss and AUROC count every row the same" in note for note in seen.notes)
    assert seen.loss == pytest.approx(0.908261719832) and seen.log_loss == pytest.approx(0.510825623766)


def test_what_is_read_of_an_evaluation_does_not_change_it():
    seen = despur.evaluate([0, 1] * 20, [0] * 40)
    seen.degenerate.clear()
    assert seen.degenerate


def test_charts_are_svg(frame):
    got = arrays(frame)
    drawn = ElementTree.fromstring(got.plot().svg.split("-->", 1)[1])
    said = ["".join(text.itertext()) for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    names = [words for words in said if words.startswith("y=")]
    worst_first = sorted((g for g in got.groups if g.count), key=lambda g: g.accuracy)
    assert names[0][:12] == worst_first[0].name[:12] and len(names) == len(worst_first)
    for plot in got.plots:
        assert ElementTree.fromstring(plot.svg.split("?>", 1)[1]) is not None
    assert repr(got.plot("Accuracy by size")) == "Plot('Accuracy by size of the group, %')"


def test_a_positive_class_is_found_whatever_its_type():
    y, pred, group = random_case(3)
    wanted = despur.evaluate(y, pred, sensitive_features=group).rates("tpr")
    swapped = despur.evaluate(y, pred, sensitive_features=group, positive=0).rates("tpr")
    for kind, one in ((bool, True), (float, 1.0), (str, "1"), (np.int8, np.int8(1))):
        got = despur.evaluate(y.astype(kind), pred.astype(kind), sensitive_features=group, positive=one)
        assert got.rates("tpr") == wanted, kind
    other = despur.evaluate(y == 1, pred == 1, sensitive_features=group, positive=False)
    assert other.rates("tpr") == swapped != wanted
    p = np.where(pred == 1, 0.8, 0.1)
    both = despur.evaluate(y == 1, y_prob=np.column_stack([p, 1 - p]), classes=[True, False], sensitive_features=group)
    assert both.correct == (y == pred).sum()
    with pytest.raises(despur.InputError, match="positive: expected a value, found nan"):
        despur.evaluate(y, pred, sensitive_features=group, positive=np.nan)


def test_separators_comments_and_calibration_are_the_tools(frame, tool, tmp_path):
    (tmp_path / "t.csv").write_text("# of Monday\n" + frame.to_csv(index=False, sep=";"))
    words = ["--by", "sex", "--score", "p", "--prediction", "pred", "--separator", ";", "--comment", "#", "--calibration-by-group"]
    tool("eval", "--predictions", tmp_path / "t.csv", *words, "--out", tmp_path / "tool")
    got = despur.evaluate_file(tmp_path / "t.csv", by="sex", score="p", prediction="pred", separator=";", comment="#")
    got.save(tmp_path / "python", calibration_by_group=True)
    assert (tmp_path / "python" / "results.json").read_bytes() == (tmp_path / "tool" / "results.json").read_bytes()
    assert got.to_dict(calibration_by_group=True) != got.to_dict()
    with pytest.raises(despur.InputError, match="separator: expected one character or 'tab', found ';;'"):
        despur.evaluate_file(tmp_path / "t.csv", separator=";;")


@pytest.mark.parametrize(
    ("match", "given"),
    [
        (r"y_pred: expected classes, found 0.25 \(probabilities\? then y_prob=\)", {"y_pred": [0.25, 0.5, 0.75, 1.0]}),
        ("y_pred: expected one value a row, found shape", {"y_pred": [[0.2, 0.8]] * 4}),
        ("sensitive_features: expected the columns themselves, found names: 'sex'", {"sensitive_features": "sex"}),
        ("expected the columns themselves, found names: .'sex', 'race'.", {"sensitive_features": ["sex", "race"]}),
    ],
)
def test_what_people_mistake_is_said_in_pythons_words(match, given):
    with pytest.raises(despur.InputError, match=match):
        despur.evaluate([0, 1, 0, 1], **{"y_pred": [0, 1, 1, 1], **given})
