#!/usr/bin/env python3
"""Usage: make_model_page.py TABLES >model_page.h: what pandas, NumPy, scikit-learn and fairlearn say of TABLES/adult.csv, as a page shows
it: every group, every attribute, rates, the confusion, and the errors over all labels. Needs all four."""
import pathlib
import sys

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from sklearn.metrics import brier_score_loss, confusion_matrix, f1_score, log_loss, precision_score, roc_auc_score

table = pd.read_csv(pathlib.Path(sys.argv[1]) / "adult.csv")
table["race"] = table.race.fillna("(missing)")
table["positive"] = (table.label == ">50K").astype(int)
table["right"] = table.label == table.pred
table["name"] = table.sex + " × " + table.race
BINS = 15


def text(value):
    return '"%s"' % value.replace('"', '\\"')


def calibration_error(part):
    confidence = np.maximum(part.score, 1 - part.score)
    bins = np.ceil(confidence * BINS).astype(int)
    return sum(abs(part.right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in set(bins))


print("/* Made by make_model_page.py. Do not edit. */\n")
print("static const struct page_group {\n  const char *name, *count, *accuracy, *confusion[2];\n} PAGE_GROUPS[] = {")
for (label, name), part in table.groupby(["label", "name"]):
    shares = [f"{100 * (part.pred == c).mean():.1f}" for c in ("<=50K", ">50K")]
    print(f'    {{{text(f"{label}: {name}")}, "{len(part)}", "{100 * part.right.mean():.1f}", {{"{shares[0]}", "{shares[1]}"}}}},')
print("};\n")

print("static const struct page_part {\n  const char *name, *count, *calibration, *brier, *log_loss, *auroc;\n} PAGE_PARTS[] = {")
for name, part in [("all examples", table), *table.groupby("name"), *((f"predicted {c}", p) for c, p in table.groupby("pred"))]:
    both = part.positive.nunique() == 2 and not name.startswith("predicted")
    numbers = [calibration_error(part), 2 * brier_score_loss(part.positive, part.score),
               log_loss(part.positive, part.score, labels=[0, 1])]
    auroc = f"{roc_auc_score(part.positive, part.score):.3f}" if both else "–"
    print(f'    {{{text(name)}, "{len(part)}", {", ".join(f"{chr(34)}{x:.3f}{chr(34)}" for x in numbers)}, "{auroc}"}},')
print("};\n")

# A rate of no examples is none here, and 0 to fairlearn.
positive, selected = table.positive, (table.pred == ">50K").astype(int)
metrics = {"selection": selection_rate, "true positive": true_positive_rate, "false positive": false_positive_rate,
           "precision": lambda y, p: precision_score(y, p, zero_division=0), "f1": lambda y, p: f1_score(y, p, zero_division=0),
           "accuracy": lambda y, p: (y == p).mean()}
print("static const struct page_rates {\n  const char *name, *count, *values[6];\n} PAGE_RATES[] = {")
for by in ("sex", "name"):
    frame = MetricFrame(metrics=metrics, y_true=positive, y_pred=selected, sensitive_features=table[by])
    for name, row in frame.by_group.iterrows():
        here = table[by] == name
        of = {"true positive": positive[here].sum(), "false positive": (1 - positive[here]).sum(), "precision": selected[here].sum(),
              "f1": (positive[here] | selected[here]).sum()}
        values = ["–" if of.get(kind, 1) == 0 else f"{100 * value:.1f}" for kind, value in row.items()]
        print(f'    {{{text(name)}, "{here.sum()}", {{{", ".join(map(text, values))}}}}},')
print("};\n")

matrix = confusion_matrix(table.label, table.pred, labels=["<=50K", ">50K"], normalize="true")
print("static const char *const PAGE_CONFUSION[2][2] = {%s};\n" % ", ".join(
    "{%s}" % ", ".join(f'"{100 * x:.1f}"' for x in row) for row in matrix))

known = table[table.race != "(missing)"].groupby("name").right.agg(["mean", "size"])
large = known[known["size"] >= 30]
most, least = large["mean"].idxmin(), large["mean"].idxmax()
print(f'static const char PAGE_MOST[] = "{100 * (1 - large["mean"][most]):.1f} % of {most}";')
print(f'static const char PAGE_LEAST[] = "{100 * (1 - large["mean"][least]):.1f} % of {least}";')
print(f'static const char PAGE_WRONG[] = "wrong for {100 * (1 - table.right.mean()):.1f} % over all";')
