#!/usr/bin/env python3
"""Half-widths of Welch's 95 % interval for the difference of two means, by SciPy: what tests/unit/test_table.c compares.

    make_welch.py >tests/golden/welch/half_widths.csv

Degrees of freedom are rounded down. The committed file comes from SciPy 1.10.
"""
import math
import random

from scipy import stats

random.seed(1)
print("count_a,deviation_a,count_b,deviation_b,half_width")
for case in range(40):
    count_a, count_b = random.choice([2, 3, 5, 10, 40]), random.choice([2, 3, 5, 10, 40])
    deviation_a, deviation_b = 10 ** random.uniform(-3, 0), 10 ** random.uniform(-3, 0)
    if case % 10 == 0:
        deviation_a = 0.0  # a row without spread
    a, b = deviation_a**2 / count_a, deviation_b**2 / count_b
    degrees = math.floor((a + b) ** 2 / (a**2 / (count_a - 1) + b**2 / (count_b - 1)) + 1e-9)
    half_width = stats.t.ppf(0.975, max(degrees, 1)) * math.sqrt(a + b)
    print(f"{count_a},{deviation_a:.17g},{count_b},{deviation_b:.17g},{half_width:.17g}")
