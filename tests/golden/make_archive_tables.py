#!/usr/bin/env python3
"""Usage: make_archive_tables.py DIRECTORY: one table of predictions as pandas writes it (archive.csv) and as NumPy does
(archive.npz in doubles, archive_narrow.npz deflated in narrow types), and archives that are no tables."""
import pathlib
import sys

import numpy as np
import pandas as pd

out = pathlib.Path(sys.argv[1])
draw = np.random.default_rng(7)
n = 60
label, group, age = draw.integers(0, 3, n), draw.integers(0, 2, n).astype(bool), draw.choice(np.float32([0.1, 0.25, 1e-7, 3]), n)
prob = draw.dirichlet([1, 1, 1], n)
town = np.array(["Aachen", "Köln", "", "東京", "🙂"])[draw.integers(0, 5, n)]
table = pd.DataFrame({"label": label, "group": group, "age": [str(x) for x in age], "town": town})
for k in range(3):
    table[f"prob_{k}"] = prob[:, k]
table.to_csv(out / "archive.csv", index=False)
np.savez(out / "archive.npz", label=label, group=group, age=age, town=town, prob=prob)
np.savez_compressed(out / "archive_narrow.npz", label=label.astype("u1"), group=group, age=age, town=town.astype(">U9"),
                    prob=np.asfortranarray(prob))
np.savez(out / "bad_rows.npz", label=label, group=group[:50])
np.savez(out / "bad_shape.npz", label=label, images=np.zeros((n, 2, 2)))
np.savez(out / "bad_text.npz", label=label, group=np.array(["caf\xe9".encode("latin-1")] * n), prediction=label)
np.savez(out / "bad_table.npz", label=label, town=np.array([["a", "b"]] * n))

# a structured array, with other orders of bytes and padding; a plain one of two dimensions; fields that are no columns
fields = [("label", "u1"), ("group", "?"), ("age", ">f4"), ("town", ">U9"), ("prob_0", "<f8"), ("prob_1", ">f8"), ("prob_2", "<f8")]
records = np.zeros(n, np.dtype(fields, align=True))
for name in ("label", "group", "age", "town"):
    records[name] = {"label": label, "group": group, "age": age, "town": town}[name]
for k in range(3):
    records[f"prob_{k}"] = prob[:, k]
np.save(out / "records.npy", records)
np.save(out / "plain.npy", np.c_[label, (label + draw.integers(0, 2, n)) % 3, group].astype("<i2"))
np.save(out / "bad_nested.npy", np.zeros(3, [("label", [("a", "<f4")])]))
np.save(out / "bad_vectors.npy", np.zeros(3, [("label", "<f4", (2,))]))
