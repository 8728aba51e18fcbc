#!/usr/bin/env python3
"""Usage: make_forms.py >forms.txt, in tests/golden: what pandas and fairlearn say of tests/data/tables/people.csv, which this script
draws: people by sex and race, an income as UCI's Adult writes it, what a model predicts, and its score. Five of the twenty
groups have nobody. tests/cli/forms.test writes the same table in the forms that people have, and compares."""
import pathlib

import fairlearn.metrics as fair
import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score, precision_score

PATH = pathlib.Path(__file__).parent.parent / "data" / "tables" / "people.csv"
RICH = ">50K"
NOBODY = {(RICH, "Female", "Amer-Indian-Eskimo"), (RICH, "Female", "Other"), (RICH, "Male", "Other"),
          ("<=50K", "Female", "Other"), (RICH, "Male", "Amer-Indian-Eskimo")}


def draw():
    rng, rows = np.random.default_rng(3), []
    races, shares = ["Amer-Indian-Eskimo", "Asian-Pac-Islander", "Black", "Other", "White"], [0.06, 0.1, 0.2, 0.06, 0.58]
    while len(rows) < 300:
        sex, race = rng.choice(["Female", "Male"], p=[0.4, 0.6]), rng.choice(races, p=shares)
        income = RICH if rng.random() < (0.3 if sex == "Male" else 0.2) else "<=50K"
        if (income, sex, race) in NOBODY:
            continue
        score = round(float(np.clip(rng.normal(0.68 if income == RICH else 0.3, 0.2 if race == "White" else 0.27), 0.01, 0.99)), 3)
        rows.append((len(rows) + 1, int(rng.integers(17, 90)), sex, race, income, RICH if score >= 0.5 else "<=50K", score))
    table = pd.DataFrame(rows, columns=["id", "age", "sex", "race", "income", "pred", "score"])
    table.to_csv(PATH, index=False)
    return table


def real(value):
    """As the tool's JSON has it."""
    said = f"{value:.12g}"
    return said if "." in said else said + ".0"


def main():
    table = draw()
    right = table.income == table.pred
    for (income, sex, race), part in right.groupby([table.income, table.sex, table.race]):
        print(f'"name":"income={income},sex={sex},race={race}","count":{len(part)},"correct":{part.sum()},"accuracy":{real(part.mean())}')
    print(f'"average_accuracy":{real(right.mean())}')
    positive = {"pos_label": RICH}
    metrics = {"accuracy": accuracy_score, "tpr": lambda y, p: fair.true_positive_rate(y, p, **positive),
               "fpr": lambda y, p: fair.false_positive_rate(y, p, **positive),
               "precision": lambda y, p: precision_score(y, p, **positive), "f1": lambda y, p: f1_score(y, p, **positive),
               "selection": lambda y, p: fair.selection_rate(y, p, **positive)}
    for features in (["sex"], ["race"], ["sex", "race"]):
        big = table[table.race.isin(["White", "Black", "Asian-Pac-Islander"])]  # the others have no positive ones
        frame = fair.MetricFrame(metrics=metrics, y_true=big.income, y_pred=big.pred, sensitive_features=big[features])
        for key, row in frame.by_group.iterrows():
            name = ",".join(f"{f}={v}" for f, v in zip(features, key if isinstance(key, tuple) else (key,)))
            print(name, *(f"{real(row[metric])}" for metric in metrics))
        print("difference", *(f"{real(frame.difference()[metric])}" for metric in metrics))


main()
