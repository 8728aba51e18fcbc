#!/usr/bin/env python3
"""Usage: make_weights.py >weights.h, in tests/golden: what statsmodels and fairlearn say of the predictions of two models in
tests/data/tables/weights.csv, which this script draws. Rows weigh; those that weigh more are wrong more often."""
import pathlib

import fairlearn.metrics as fair
import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score, precision_score
from statsmodels.stats.proportion import proportion_confint

PATH = pathlib.Path(__file__).parent.parent / "data" / "tables" / "weights.csv"


def draw():
    rng, rows = np.random.default_rng(5), []
    for i in range(240):
        sex, y, wt = rng.choice(["f", "m"]), int(rng.random() < 0.5), round(float(np.exp(rng.normal(0, 0.7))), 3)
        right = rng.random(2) < (0.7 if wt > 1 else 0.85, 0.6)
        rows.append((i, f"h{rng.integers(40):02}", sex, y, *(y if r else 1 - y for r in right), wt))
    table = pd.DataFrame(rows, columns=["id", "home", "sex", "y", "pred", "other", "wt"])
    table.to_csv(PATH, index=False)
    return table


def clustered(values, weights, units):
    """Weighted mean, its standard error and the p-value of "the mean is 0", over units."""
    fit = sm.WLS(np.asarray(values, float), np.ones(len(values)), weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(units)[0]}, use_t=True)
    return fit.params[0], fit.bse[0], fit.pvalues[0]


def share(part, units):
    """Weighted accuracy, effective number (at most Kish's) and interval."""
    p, error, _ = clustered(part.pred == part.y, part.wt, units)
    m, kish = units.nunique(), part.wt.sum()**2 / (part.wt**2).sum()
    effective = min(kish, p * (1 - p) / error**2)
    narrower = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, m - 1))**2
    low, high = proportion_confint(p * effective * narrower, effective * narrower, method="wilson")
    return p, effective, low, high


def show(name, part):
    right, other = part.pred == part.y, part.other == part.y
    change = other.astype(int) - right.astype(int)
    difference, _, p = clustered(change, part.wt, part.id)
    values = *share(part, part.id), difference, p, *share(part, part.home)[1:]
    print(f'    {{"{name}", {", ".join(repr(float(x)) for x in values)}}},')


def main():
    table = draw()
    print("/* Made by make_weights.py: what statsmodels and fairlearn say of tests/data/tables/weights.csv. */")
    print("static const struct {\n  const char *name;\n  double accuracy, effective, low, high; /* of the first model */\n"
          "  double difference, p;                 /* of the second, less this */\n"
          "  double of_homes, homes_low, homes_high; /* the effective number where homes are units, and the interval */\n} GROUPS[] = {")
    for (y, sex), part in table.groupby(["y", "sex"]):
        show(f"y={y},sex={sex}", part)
    show("all", table)
    print("};\n")
    metrics = {"accuracy": accuracy_score, "error": lambda y, p, sample_weight: 1 - accuracy_score(y, p, sample_weight=sample_weight),
               "tpr": fair.true_positive_rate, "fnr": fair.false_negative_rate, "fpr": fair.false_positive_rate,
               "tnr": fair.true_negative_rate, "precision": precision_score, "f1": f1_score, "selection": fair.selection_rate}
    frame = fair.MetricFrame(metrics=metrics, y_true=table.y, y_pred=table.pred, sensitive_features=table.sex,
                             sample_params={name: {"sample_weight": table.wt} for name in metrics})
    print("static const struct {\n  const char *rate;\n  double f, m, all, difference;\n} RATES[] = {")
    for name in metrics:
        values = *frame.by_group[name], frame.overall[name], frame.difference()[name]
        print(f'    {{"{name}", {", ".join(repr(float(x)) for x in values)}}},')
    print("};")


main()
