#!/usr/bin/env python3
"""Writes statistics.h: what SciPy says of the numbers that tests/unit/test_distribution.c and its neighbours try.

    make_statistics.py | clang-format --style=file:.clang-format >tests/golden/statistics.h

The committed file comes from SciPy 1.10.1, scikit-learn 1.2.1 and statsmodels 0.13.5.
"""
import numpy as np
import scipy
from scipy.stats import binom, norm
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep


def braced(row):
    return "{" + ", ".join(braced(v) if isinstance(v, list) else f"{v:.17g}" for v in row) + "}"


def table(declaration, rows):
    print(f"\nstatic const {declaration}[] = {{")
    for row in rows:
        print("    " + braced(row) + ",")
    print("};")


def two_sided_interval(x, n, confidence):
    """All p on a fine grid under which a count as unlikely as x, on either side by mid-p tails, is likely enough."""
    counts, kept = np.arange(n + 1), []
    for p in np.arange(1, 20000) / 20000:
        mass = binom.pmf(counts, n, p)
        tail = binom.cdf(counts, n, p) - mass / 2
        extreme = np.minimum(tail, 1 - tail)
        level = extreme[x]
        equal = np.abs(extreme - level) < 1e-9
        if (mass * ((extreme < level) & ~equal)).sum() + (mass * equal).sum() / 2 > 1 - confidence:
            kept.append(p)
    return (0 if x == 0 else kept[0]), (1 if x == n else kept[-1])


print(f"/* Written by make_statistics.py with SciPy {scipy.__version__}. */")
table("struct normal_value { double z, below; } NORMAL_VALUES",
      [(z, norm.cdf(z)) for z in (-37, -10, -3.0000001, -2.9999, -1, -1e-9, 0, .5, 2, 3.1, 8)])
table("struct normal_value NORMAL_QUANTILES",
      [(norm.ppf(p), p) for p in (1e-300, 1e-20, 1e-5, .02425, .025, .3, .5, .975, 1 - 1e-9)])
table("struct binomial_value { size_t x, n; double p, below, equal, above; } BINOMIAL_VALUES",
      [(x, n, p, binom.cdf(x - 1, n, p), binom.pmf(x, n, p), binom.sf(x, n, p))
       for x, n, p in ((0, 1, .3), (0, 10, 1e-9), (3, 10, .2), (10, 10, .999), (990, 1000, .99), (70, 100, .5),
                       (30, 100, .5), (500123, 1000000, .5), (12, 1000000, 1e-5))])
table("struct one_group { size_t x, n; double confidence, low, high; } ONE_GROUP_INTERVALS",
      [(x, n, c, *two_sided_interval(x, n, c))
       for x, n, c in ((0, 10, .95), (1, 10, .95), (7, 10, .9), (124, 375, .95), (399, 400, .99), (50, 50, .95))])

# Measures of made-up predictions, two classes and three, in three groups: scikit-learn's, and the calibration error as
# its authors define it.
generator = np.random.default_rng(20)
EXAMPLES = 60


def expected_calibration_error(labels, probabilities):
    top = probabilities.argmax(1)
    confidence = probabilities[np.arange(len(labels)), top]
    bins = np.clip(np.ceil(confidence * 15).astype(int) - 1, 0, 14)
    return sum(abs((top == labels)[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean()
               for b in range(15) if (bins == b).any())


def measures(labels, probabilities):
    classes = probabilities.shape[1]
    one_hot = np.eye(classes)[labels]
    auroc = roc_auc_score(labels, probabilities[:, 1]) if classes == 2 else 0
    return (expected_calibration_error(labels, probabilities), ((probabilities - one_hot) ** 2).sum(1).mean(),
            log_loss(labels, probabilities, labels=range(classes)), auroc)


print("\nenum { MADE_UP = %d };" % EXAMPLES)
for classes in (2, 3):
    labels = generator.integers(0, classes, EXAMPLES)
    groups = generator.integers(0, 3, EXAMPLES)
    logits = np.round(generator.normal(size=(EXAMPLES, classes)) + 1.2 * np.eye(classes)[labels], 1)  # with ties
    probabilities = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32).astype(float)
    table(f"struct made_up_{classes} {{ uint32_t label, group; double p[{classes}]; }} MADE_UP_{classes}",
          [(y, g, list(p)) for y, g, p in zip(labels, groups, probabilities)])
    rows = [measures(labels, probabilities)] + [measures(labels[groups == g], probabilities[groups == g])
                                                for g in range(3)]
    declaration = "struct made_up_measures" + (" { double calibration_error, brier, log_loss, auroc; }"
                                               if classes == 2 else "")
    table(f"{declaration} MADE_UP_{classes}_MEASURES", rows)
    if classes == 2:
        assert abs(brier_score_loss(labels, probabilities[:, 1]) - rows[0][1] / 2) < 1e-7

# Two classifiers on the same examples.
table("struct mcnemar_value { size_t only_first, only_second; double p; } MCNEMAR_VALUES",
      [(b, c, mcnemar([[0, b], [c, 0]], exact=True).pvalue) for b, c in ((1, 7), (0, 5), (59, 121), (16, 6), (300, 301))])
p_values = [.01, .04, .03, .005, .5, .0004]
table("struct holm_value { double p, adjusted; } HOLM_VALUES", zip(p_values, multipletests(p_values, method="holm")[1]))
table("struct difference_value { size_t correct1, count1, correct2, count2; double low, high; } DIFFERENCE_VALUES",
      [(*c, *confint_proportions_2indep(c[2], c[3], c[0], c[1], method="newcomb"))
       for c in ((48, 80, 56, 70), (0, 10, 10, 10), (300, 375, 310, 375), (5, 56, 0, 29))])


# How many examples one needs, by looking at every count and every table.
def threshold_power(n, accuracy, threshold):
    counts = np.arange(n + 1)
    off = (counts / n - threshold) * (1 if accuracy > threshold else -1)
    found = off > norm.ppf(.975) * np.sqrt(threshold * (1 - threshold) / n)
    return binom.pmf(counts, n, accuracy)[found].sum()


def paired_power(n, difference, disagree):
    power = 0
    for m in range(n + 1):
        chance = binom.pmf(m, n, disagree)
        if chance > 1e-14:
            few = np.arange(m + 1)
            found = np.minimum(1, 2 * binom.cdf(np.minimum(few, m - few), m, .5)) <= .05
            power += chance * binom.pmf(few, m, (1 - difference / disagree) / 2)[found].sum()
    return power


table("struct plan_value { double accuracy, other, disagree; size_t needed; } THRESHOLD_PLANS",
      [(a, t, 0, 1 + max(n for n in range(1, 900) if threshold_power(n, a, t) < .8))
       for a, t in ((.85, .8), (.7, .8), (.5, .4), (.99, .9))])
table("struct plan_value PAIRED_PLANS",
      [(a, b, s, next(n for n in candidates if paired_power(n, abs(b - a), s) >= .8))
       for a, b, s, candidates in ((.7, .8, .2, range(150, 200)), (.75, .6, .4, range(130, 180)))])
