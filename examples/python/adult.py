# %% [markdown]
# # Income, and for whom it is predicted well
#
# A model of scikit-learn on the census data of 1994 (UCI "Adult", CC BY 4.0: `adult.data` and `adult.test` from
# https://archive.ics.uci.edu/dataset/2/adult, in the folder that `$ADULT` names).

# %%
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import despur
from despur.linear import GroupBalancedClassifier
from despur.metrics import scorer

pd.set_option("display.width", 140, "display.max_columns", 10)
FOLDER = Path(os.environ.get("ADULT", "adult"))
NAMES = ["age", "work", "weight", "education", "years", "marital", "job", "relation", "race", "sex", "gain", "loss", "hours",
         "country", "income"]  # fmt: skip


def read(name):
    frame = pd.read_csv(FOLDER / name, names=NAMES, skipinitialspace=True, comment="|").dropna()
    return frame.drop(columns=["income", "weight"]), frame.income.str.startswith(">50K")


x, y = read("adult.data")
x_test, y_test = read("adult.test")
len(x), len(x_test)

# %% [markdown]
# Accuracy looks fine, and says nothing about whom it holds for.

# %%
prepare = make_column_transformer(
    (StandardScaler(), make_column_selector(dtype_include="number")),
    (OneHotEncoder(handle_unknown="ignore", sparse_output=False), make_column_selector(dtype_exclude="number")),
)
model = make_pipeline(prepare, LogisticRegression(max_iter=300)).fit(x, y)
print(f"{100 * model.score(x_test, y_test):.1f} % right")

# %% [markdown]
# ## For whom
#
# Groups are income with sex and race. Intervals say how sure the numbers are: the smallest groups have few people. Groups with fewer than
# 50 people cannot be the worst.

# %%
seen = despur.evaluate(y_test, model.predict(x_test), sensitive_features=x_test[["sex", "race"]], min_count=50, label="logistic")
seen

# %%
seen.to_pandas().sort_values("accuracy").head(5).round(3)

# %% [markdown]
# Among people who earn much, women are found less often than men. That is a difference of true positive rates, whatever else is true.

# %%
by_sex = despur.evaluate(y_test, model.predict(x_test), sensitive_features=x_test[["sex"]], positive=True, label="logistic")
rates = by_sex.rates("tpr", by="sex")
for name, rate in rates.items():
    print(f"{name}: {100 * rate.value:.1f} % ({100 * rate.low:.1f} to {100 * rate.high:.1f}) of {rate.of}")
print(f"apart by {100 * by_sex.spread('tpr').difference:.1f} points")

# %% [markdown]
# The same measure chooses models, in `cross_validate` and in `GridSearchCV`.

# %%
found = cross_validate(model, x, y, cv=2, scoring={"worst": scorer("worst_group_accuracy", by="sex"), "accuracy": "accuracy"})
print({name: np.round(found[f"test_{name}"].mean(), 3).item() for name in ("accuracy", "worst")})

# %% [markdown]
# ## Every group alike
#
# Logistic regression in which each group of income and sex counts the same: worse on average, better for whom it was worst.

# %%
balanced = GroupBalancedClassifier(l2=0.001, random_state=0).fit(prepare.fit_transform(x), y, groups=x.sex)
after = despur.evaluate(
    y_test, balanced.predict(prepare.transform(x_test)), sensitive_features=x_test[["sex"]], positive=True, label="balanced"
)
after

# %%
print(despur.compare(by_sex, after))
print(despur.check(after, max_difference={"tpr": 0.1}, min_worst_group=0.7).to_markdown())
