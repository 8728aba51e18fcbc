#!/usr/bin/env python3
"""Usage: make_overlapping.py >overlapping.txt, in tests/golden: what pandas and fairlearn say of tests/data/tables/overlapping.csv, which
this script draws: comments with the fraction of readers who saw a group of people in them, as CivilComments has them."""
import pathlib

import fairlearn.metrics as fair
import numpy as np
import pandas as pd

PATH = pathlib.Path(__file__).parent.parent / "data" / "tables" / "overlapping.csv"
COLUMNS = {"male": 0.4, "female": 0.45, "black": 0.2}


def draw():
    rng, n = np.random.default_rng(8), 240
    table = pd.DataFrame({"id": range(n), "toxicity": rng.integers(0, 2, n)})
    for column, often in COLUMNS.items():
        table[column] = np.where(rng.random(n) < often, rng.integers(5, 11, n), rng.integers(0, 5, n)) / 10
    right = rng.random(n) < np.where(table.black >= 0.5, 0.65, 0.85)
    table["pred"] = np.where(right, table.toxicity, 1 - table.toxicity)
    table["other"] = np.where(rng.random(n) < 0.8, table.toxicity, 1 - table.toxicity)
    table.to_csv(PATH, index=False)
    return table


def real(value):
    """As the tool's JSON has it."""
    said = f"{value:.12g}"
    return said if "." in said else said + ".0"


def main():
    table = draw()
    right = table.toxicity == table.pred
    for label in (0, 1):
        for column in COLUMNS:
            part = right[(table.toxicity == label) & (table[column] >= 0.5)]
            print(f'"name":"toxicity={label},{column}","count":{len(part)},"correct":{part.sum()},"accuracy":{real(part.mean())}')
    for label in (0, 1):
        part = right[(table.toxicity == label) & ~(table[list(COLUMNS)] >= 0.5).any(axis=1)]
        print(f'"name":"toxicity={label},(none of these)","count":{len(part)},"correct":{part.sum()},"accuracy":{real(part.mean())}')
    print(f'"average_accuracy":{real(right.mean())}')
    for column in COLUMNS:
        part = table[table[column] >= 0.5]
        print(column, *(f"{real(f(part.toxicity, part.pred))}" for f in (fair.true_positive_rate, fair.false_positive_rate, fair.selection_rate)))


main()
