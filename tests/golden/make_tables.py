#!/usr/bin/env python3
"""Usage: make_tables.py adult.data DIRECTORY >tables.h: predictions of 300 people of the Adult data (Becker and Kohavi 1996, UCI, CC
BY 4.0) by a logistic regression, as tables in several formats into DIRECTORY, and what pandas, scikit-learn and fairlearn say of
them. Needs all three."""
import gzip
import pathlib
import sys

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NAMES = ["age", "workclass", "fnlwgt", "education", "education_num", "marital", "occupation", "relationship", "race", "sex", "gain",
         "loss", "hours", "country", "income"]
adult = pd.read_csv(sys.argv[1], names=NAMES, skipinitialspace=True, na_values=[])
train, test = adult.iloc[:5000], adult.iloc[5000:5300].reset_index(drop=True)
numbers, words = ["age", "education_num", "gain", "loss", "hours"], ["workclass", "marital", "occupation"]
model = make_pipeline(make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), words)),
                      LogisticRegression(max_iter=1000))
model.fit(train[numbers + words], train.income)
score = model.predict_proba(test[numbers + words])[:, list(model.classes_).index(">50K")]

table = pd.DataFrame({"person": [f"p{i:03}.txt" for i in range(len(test))], "age": test.age, "sex": test.sex, "race": test.race,
                      "label": test.income, "pred": np.where(score >= 0.5, ">50K", "<=50K"), "score": score})
table.loc[table.index[::60], "race"] = np.nan

directory = pathlib.Path(sys.argv[2])
directory.mkdir(parents=True, exist_ok=True)
table.to_csv(directory / "adult.csv", index=False)
table.to_csv(directory / "adult_semicolons.csv", index=False, sep=";", decimal=",")
table.to_csv(directory / "adult_tabs.tsv", index=False, sep="\t", na_rep="NA", lineterminator="\r\n", encoding="utf-8-sig")
table.to_json(directory / "adult.jsonl", orient="records", lines=True, double_precision=15)
with gzip.GzipFile(directory / "adult_packed", "wb", mtime=0) as packed:
    packed.write((directory / "adult.csv").read_bytes())

# What JSON keeps of a double may differ in the last digits, so numbers are compared to 1e-12.
table["race"] = table.race.fillna("(missing)")
frame = MetricFrame(metrics=accuracy_score, y_true=table.label, y_pred=table.pred, sensitive_features=table[["label", "sex", "race"]])
print("/* Made by make_tables.py. Do not edit. */\n")
print("static const struct table_group {\n  const char *name;\n  size_t count, correct;\n  double accuracy, brier, log_loss;\n} ADULT_GROUPS[] = {")
rows = []
for (label, sex, race), part in table.groupby(["label", "sex", "race"]):
    positive = (part.label == ">50K").astype(int)
    correct = int((part.label == part.pred).sum())
    assert abs(frame.by_group[label, sex, race] - correct / len(part)) < 1e-15
    brier = 2 * ((part.score - positive) ** 2).mean()
    loss = log_loss(positive, part.score, labels=[0, 1])
    rows.append((race == "(missing)", label, sex, race, len(part), correct, correct / len(part), brier, loss))
for missing, label, sex, race, *numbers in sorted(rows):
    print(f'    {{"label={label},sex={sex},race={race}", {", ".join(repr(x) if isinstance(x, int) else repr(float(x)) for x in numbers)}}},')
print("};\n")
positive = (table.label == ">50K").astype(int)
print(f"static const double ADULT_ACCURACY = {float(frame.overall)!r}, ADULT_AUROC = {float(roc_auc_score(positive, table.score))!r},\n"
      f"                    ADULT_BRIER = {float(2 * brier_score_loss(positive, table.score))!r}, "
      f"ADULT_LOG_LOSS = {float(log_loss(positive, table.score))!r};")
