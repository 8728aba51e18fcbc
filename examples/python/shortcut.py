# %% [markdown]
# # Does my classifier cheat?
#
# Embeddings of 8,000 pictures, cows and camels, from some network. Most cows were photographed on grass and most camels on sand;
# nobody has written down which picture shows what ground. (The embeddings are made up here, so that the notebook runs anywhere:
# `ground` is only used to check what we find.)

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import despur


def pictures(rows, seed):
    random = np.random.default_rng(seed)
    animal = random.integers(0, 2, rows)
    ground = np.where(random.random(rows) < 0.93, animal, 1 - animal)
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(32, 32)))[0]
    signal = np.outer(2 * animal - 1, 1.6 * axes[0]) + np.outer(2 * ground - 1, 3.5 * axes[1])
    embeddings = signal + random.normal(size=(rows, 32))
    return embeddings.astype(np.float32), np.array(["cow", "camel"])[animal], np.array(["grass", "sand"])[ground]


x, animal, ground = pictures(8000, 1)
x, x_test, animal, animal_test, ground, ground_test = train_test_split(x, animal, ground, test_size=0.5, random_state=0)

# %% [markdown]
# The accuracy looks fine.

# %%
model = LogisticRegression().fit(x, animal)
print(f"{100 * model.score(x_test, animal_test):.1f} % right")

# %% [markdown]
# ## Look
#
# `audit` gets embeddings, labels and predictions, and nothing about the ground. Half of the pictures are searched for groups in which
# the model errs; the other half says whether that was chance.

# %%
found = despur.audit(x_test, animal_test, y_pred=model.predict(x_test))
found

# %% [markdown]
# So it leans on something. On what, only a person who looks at the pictures can say; here we may cheat and count.

# %%
for cell in np.unique(found.groups[found.groups >= 0]):
    print(f"cell {cell}: {100 * np.mean(ground_test[found.groups == cell] == 'sand'):.0f} % of the pictures show sand")

# %% [markdown]
# Now that we know what to look for it can be measured, group by group. The interval of the worst group takes into account that it
# is the worst of several.

# %%
before = despur.evaluate(animal_test, model.predict(x_test), sensitive_features={"ground": ground_test}, label="before")
before

# %% [markdown]
# ## Repair
#
# Groups of the training pictures by their embeddings, without anybody's labels; then every group counts the same.

# %%
from despur.groups import GEORGE

groups = GEORGE(2, reduce="pca", algorithm="kmeans", scale="none", overcluster=1, random_state=0).fit(x, animal)
sizes = np.bincount(groups.labels_)
dict(zip(groups.group_names_, sizes.tolist(), strict=True))

# %%
from despur.linear import GroupBalancedClassifier

better = GroupBalancedClassifier(random_state=0).fit(x, animal, groups=groups.labels_)
after = despur.evaluate(animal_test, better.predict(x_test), sensitive_features={"ground": ground_test}, label="after")
after

# %%
print(despur.compare(before, after))

# %% [markdown]
# ## Never again
#
# Conditions for continuous integration: each holds, does not, or is undecided, and then there are too few pictures to say.

# %%
gate = despur.check(after, min_worst_group=0.85, no_worse_than=before, margin=0.05)
print(gate.to_markdown())
