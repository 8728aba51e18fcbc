"""Golden values of association.h: SciPy's Fisher, chi-squared and noncentral chi-squared; Cochran-Mantel-Haenszel by its
formula in exact fractions. Usage: make_association.py > association.h"""

from fractions import Fraction

import numpy as np
from scipy import optimize, stats

print("/* Written by make_association.py. */")
print("static const struct { size_t marked1, count1, marked2, count2; double p; } FISHER[] = {")
for m1, n1, m2, n2 in [(3, 10, 1, 20), (0, 5, 2, 9), (5, 5, 0, 7), (40, 60, 800, 1900), (12, 400, 90, 9600), (7, 7, 7, 7), (2, 3000, 9, 9000), (73, 23284, 582, 1824), (582, 1824, 73, 23284), (260, 10000, 300, 10000), (9, 12, 40, 41)]:
    p = stats.fisher_exact([[m1, n1 - m1], [m2, n2 - m2]], alternative="greater")[1]
    print(f"    {{{m1}, {n1}, {m2}, {n2}, {p!r}}},".replace("np.float64(", "").replace(")", ""))
print("};")

print("static const struct { size_t rows, columns; double counts[9], v, low, high, p; } CRAMER[] = {")
for table in ([[30, 10], [12, 40]], [[5, 5], [5, 5]], [[20, 30, 10], [10, 10, 40], [7, 8, 9]], [[400, 30, 3], [20, 390, 50]], [[6, 9, 4], [8, 5, 7]], [[12.5, 3.25], [4.75, 20.5]]):
    t = np.array(table)
    chi, p, degrees, _ = stats.chi2_contingency(t, correction=False)
    scale = t.sum() * (min(t.shape) - 1)

    def end(share):
        if stats.chi2.cdf(chi, degrees) <= share:
            return 0.0
        return optimize.brentq(lambda e: stats.ncx2.cdf(chi, degrees, e) - share, 1e-9, 3 * chi + 200)

    values = [float(x) for x in (np.sqrt(chi / scale), np.sqrt(end(0.975) / scale), min(1, np.sqrt(end(0.025) / scale)), p)]
    print(f"    {{{t.shape[0]}, {t.shape[1]}, {{{', '.join(map(str, t.ravel()))}}}, {', '.join(map(repr, values))}}},")
print("};")

print("static const struct { size_t count; double tables[3][4], odds, z, p; } ODDS[] = {")
for tables in ([(10, 20, 5, 40), (3, 7, 2, 30)], [(4, 4, 4, 4)], [(1, 9, 8, 2), (2, 30, 5, 6), (0, 0, 3, 4)], [(2.5, 9.25, 8, 2), (2, 30.5, 5.75, 6)]):
    with_, against, difference, variance = Fraction(0), Fraction(0), Fraction(0), Fraction(0)
    for a, b, c, d in (map(Fraction, table) for table in tables):
        n = a + b + c + d
        with_ += Fraction(a * d, n)
        against += Fraction(b * c, n)
        difference += a - Fraction((a + b) * (a + c), n)
        variance += Fraction((a + b) * (c + d) * (a + c) * (b + d), n * n * (n - 1))
    z = float(difference) / float(variance) ** 0.5
    rows = ", ".join("{" + ", ".join(map(str, t)) + "}" for t in tables)
    print(f"    {{{len(tables)}, {{{rows}}}, {float(with_ / against)!r}, {z!r}, {float(2 * stats.norm.sf(abs(z)))!r}}},")
print("};")
