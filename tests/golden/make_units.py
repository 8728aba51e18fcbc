#!/usr/bin/env python3
"""Usage: make_units.py >units.h, in tests/golden: what statsmodels and SciPy say of the predictions of two models in
tests/data/tables/units.csv, which this script draws. Rows come from patients; errors are robust to these clusters."""
import pathlib

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

PATH = pathlib.Path(__file__).parent.parent / "data" / "tables" / "units.csv"


def draw():
    rng, rows = np.random.default_rng(11), []
    for patient in range(40):
        sex = "f" if rng.random() < 0.4 else "m"
        skill = rng.beta(2.4, 0.8) if sex == "m" else rng.beta(1.8, 1)
        for _ in range(rng.integers(1, 12)):
            y = int(rng.random() < 0.5)
            right = [rng.random() < skill, rng.random() < skill * 0.9]
            rows.append((f"p{patient:02}", sex, y, *(y if r else 1 - y for r in right)))
    table = pd.DataFrame(rows, columns=["patient", "sex", "y", "pred", "other"])
    table.insert(0, "id", range(len(table)))
    table.to_csv(PATH, index=False)
    return table


def clustered(values, units):
    """Mean, standard error and p-value of "the mean is 0", over units."""
    fit = sm.OLS(np.asarray(values, float), np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(units)[0]}, use_t=True)
    return fit.params[0], fit.bse[0], fit.pvalues[0]


def share(counts, units):
    """Effective number and interval of a share."""
    p, error, _ = clustered(counts, units)
    n, m = len(counts), units.nunique()
    effective = m if p in (0, 1) else min(n, p * (1 - p) / error**2)
    narrower = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, m - 1))**2
    low, high = proportion_confint(p * effective * narrower, effective * narrower, method="wilson")
    return m, effective, low, high


def show(name, part):
    right, other = part.pred == part.y, part.other == part.y
    p = clustered(other.astype(int) - right.astype(int), part.patient)[2]
    print(f'    {{"{name}", {", ".join(repr(float(x)) for x in (*share(right, part.patient), p))}}},')


def main():
    table = draw()
    print("/* Made by make_units.py: what statsmodels and SciPy say of tests/data/tables/units.csv. */")
    print("static const struct {\n  const char *name;\n  double units, effective, low, high; /* of the first model's accuracy */\n"
          "  double p;                           /* of equal accuracies */\n} GROUPS[] = {")
    for (y, sex), part in table.groupby(["y", "sex"]):
        show(f"y={y},sex={sex}", part)
    show("all", table)
    print("};\n")
    for name, keep, hit in (("TPR", table.y == 1, table.pred == 1), ("FPR", table.y == 0, table.pred == 1),
                            ("PRECISION", table.pred == 1, table.y == 1), ("SELECTION", table.y >= 0, table.pred == 1),
                            ("JACCARD", (table.y == 1) | (table.pred == 1), (table.y == 1) & (table.pred == 1))):
        part = table[keep & (table.sex == "f")]
        print(f"static const double {name}_OF_F = {float(share(hit[part.index], part.patient)[1])!r};")
    print("\n/* Student's t as far out as z is in the normal distribution. */\nstatic const struct {\n  double z;\n  size_t degrees;\n"
          "  double t;\n} QUANTILES[] = {")
    for z in (0.1, 1.0, 1.959963984540054, 3.0, 4.5):
        for degrees in (1, 2, 3, 7, 20, 39, 40, 41, 100, 5000):
            print(f"    {{{z!r}, {degrees}, {float(stats.t.isf(stats.norm.sf(z), degrees))!r}}},")
    print("};")


main()
