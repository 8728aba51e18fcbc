#!/usr/bin/env python3
"""Usage: make_rates.py >rates.h, in tests/golden: what fairlearn, scikit-learn, statsmodels and SciPy say of the predictions in
tests/data/tables/adult.csv and three.csv, which this script draws. Rates without examples are NaN here; fairlearn would say 0."""
import pathlib

import numpy as np
import pandas as pd
from fairlearn.metrics import (MetricFrame, false_negative_rate, false_positive_rate, selection_rate, true_negative_rate,
                               true_positive_rate)
from scipy.stats import studentized_range
from sklearn.metrics import accuracy_score, f1_score, precision_score
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

TABLES = pathlib.Path(__file__).parent.parent / "data" / "tables"
WORDS = ["accuracy", "error", "tpr", "fnr", "fpr", "tnr", "precision", "f1", "selection"]


def wholes(label, prediction):
    """Numerators and denominators by hand; those of F1 are Jaccard's."""
    n, p, s, h = len(label), int(label.sum()), int(prediction.sum()), int((label & prediction).sum())
    return {"tpr": (h, p), "fnr": (p - h, p), "fpr": (s - h, n - p), "tnr": (n - p - s + h, n - p), "precision": (h, s),
            "f1": (h, p + s - h), "selection": (s, n)}


def metrics(positive):
    told = {"pos_label": positive}
    many = {"labels": [positive], "average": "macro", "zero_division": np.nan}
    return {"accuracy": accuracy_score, "error": lambda y, q: 1 - accuracy_score(y, q),
            "tpr": lambda y, q: true_positive_rate(*only(y, q, positive)), "fnr": lambda y, q: false_negative_rate(*only(y, q, positive)),
            "fpr": lambda y, q: false_positive_rate(*only(y, q, positive)), "tnr": lambda y, q: true_negative_rate(*only(y, q, positive)),
            "precision": lambda y, q: precision_score(y, q, **many), "f1": lambda y, q: f1_score(y, q, **many),
            "selection": lambda y, q: selection_rate(y, q, **told)}


def only(y, q, positive):
    """One class against the others, with both among the labels that fairlearn looks for."""
    return (y == positive).astype(int), (q == positive).astype(int)


def number(x):
    return "NAN" if np.isnan(x) else repr(float(x))


def show(table, positive, by, name):
    columns = [c for c in by]
    frame = MetricFrame(metrics=metrics(positive), y_true=table.label, y_pred=table.pred, sensitive_features=table[columns])
    values, bounds = {}, {}
    for key, part in table.groupby(columns):
        key = key if isinstance(key, tuple) else (key,)
        label, prediction = part.label == positive, part.pred == positive
        counts = wholes(label, prediction)
        right = int((part.label == part.pred).sum())
        counts |= {"accuracy": (right, len(part)), "error": (len(part) - right, len(part))}
        row = frame.by_group.loc[key if len(key) > 1 else key[0]]
        title = ",".join(f"{c}={v}" for c, v in zip(columns, key))
        values[title] = [row[w] if counts[w][1] else np.nan for w in WORDS]
        ends = []
        for w in WORDS:
            low, high = proportion_confint(*counts[w], method="wilson") if counts[w][1] else (np.nan, np.nan)
            low, high = (low if counts[w][0] else 0, high if counts[w][0] < counts[w][1] else 1) if counts[w][1] else (low, high)
            ends.append(tuple(2 * x / (1 + x) for x in (low, high)) if w == "f1" else (low, high))
        bounds[title] = ends
    kept = [t for t in values if "(missing)" not in t]
    whole = np.array([values[t] for t in kept])
    with np.errstate(all="ignore"):
        least, most = np.nanmin(whole, axis=0), np.nanmax(whole, axis=0)
        complete = not np.isnan(whole).any() and len(kept) == len(values)
        if complete:  # then fairlearn means the same groups
            assert np.allclose(most - least, frame.difference().loc[WORDS].astype(float), atol=1e-15)
            ratio = frame.ratio().loc[WORDS].astype(float)
            assert np.allclose((least / most)[most > 0], ratio[most > 0], atol=1e-15)
        ratios = np.where(most > 0, least / most, np.nan)
    titles = sorted(values, key=lambda t: ("(missing)" in t, [values, t][1]))
    print(f"static const struct golden_rates {name}_PARTS[] = {{")
    for t in titles:
        print(f'    {{"{t}", {{{", ".join(number(x) for x in values[t])}}},')
        print(f'     {{{", ".join("{" + number(a) + ", " + number(b) + "}" for a, b in bounds[t])}}}}},')
    print("};")
    print(f'static const double {name}_SPREADS[2][9] = {{{{{", ".join(map(number, most - least))}}},\n    {{{", ".join(map(number, ratios))}}}}};\n')


print("/* Made by make_rates.py. Do not edit. */\n")
print("static const struct golden_rates {\n  const char *name;\n  double value[9], ends[9][2];\n};\n".replace("static const ", ""))
adult = pd.read_csv(TABLES / "adult.csv")
adult["race"] = adult.race.fillna("(missing)")
for by in [["sex"], ["race"], ["sex", "race"]]:
    show(adult, ">50K", by, "ADULT_" + "_".join(by).upper())

print("static const struct {\n  const char *name;\n  size_t count;\n  double accuracy;\n} ALONE[] = {")
for column in ["sex", "race"]:
    frame = MetricFrame(metrics={"accuracy": accuracy_score, "count": lambda y, q: len(y)}, y_true=adult.label, y_pred=adult.pred,
                        sensitive_features=adult[["label", column]])
    rows = [(value == "(missing)", label, value, *row) for (label, value), row in frame.by_group.dropna().iterrows()]
    for _, label, value, accuracy, size in sorted(rows):
        print(f'    {{"label={label},{column}={value}", {int(size)}, {float(accuracy)!r}}},')
print("};\n")

draw = np.random.default_rng(0)
count = 400
three = pd.DataFrame({"label": draw.choice(["bird", "cat", "dog"], count, p=[0.2, 0.3, 0.5]), "place": draw.choice(["city", "land", "sea"], count)})
same = draw.random(count) < np.where(three.place == "sea", 0.5, 0.8)
three["pred"] = np.where(same, three.label, draw.choice(["bird", "cat", "dog"], count))
three.to_csv(TABLES / "three.csv", index=False)
for positive in ["bird", "cat", "dog"]:
    show(three, positive, ["place"], "THREE_" + positive.upper())

print("static const struct {\n  size_t x1, n1, x2, n2;\n  double low, high, ratio_low, ratio_high;\n} TWO_SHARES[] = {")
for x1, n1, x2, n2 in [(30, 100, 50, 100), (1, 20, 9, 300), (0, 10, 5, 50), (40, 40, 300, 400)]:
    low, high = confint_proportions_2indep(x2, n2, x1, n1, method="newcomb", compare="diff")
    # the ratio's ends by bisection of what defines them: x1 / n1 - r x2 / n2 less its distance to its own end is 0
    (l1, u1), (l2, u2) = (proportion_confint(x, n, method="wilson") for x, n in ((x1, n1), (x2, n2)))
    a, b = x1 / n1, x2 / n2
    l1, l2 = (l if x else 0 for l, x in ((l1, x1), (l2, x2)))
    ends = []
    for f in (lambda r: a - r * b - np.hypot(a - l1, r * (u2 - b)), lambda r: a - r * b + np.hypot(u1 - a, r * (b - l2))):
        down, up = 0.0, 1e6
        for _ in range(200):
            middle = (down + up) / 2
            down, up = (middle, up) if f(middle) > 0 else (down, middle)
        ends.append(down)
    print(f"    {{{x1}, {n1}, {x2}, {n2}, {float(low)!r}, {float(high)!r}, {ends[0]!r}, {ends[1]!r}}},")
print("};\n")
print("static const struct {\n  size_t count;\n  double coverage, quantile;\n} RANGES[] = {")
for k in [2, 3, 4, 8, 16, 100, 1000, 20000]:
    for coverage in [0.5, 0.95, 0.975, 0.9999]:
        print(f"    {{{k}, {coverage}, {float(studentized_range.ppf(coverage, k, np.inf))!r}}},")
print("};")
