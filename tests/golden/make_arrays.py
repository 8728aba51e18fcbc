#!/usr/bin/env python3
"""Usage: make_arrays.py DIRECTORY: arrays of every type, order of bytes and order of dimensions, and archives, as NumPy
writes them. All hold the same 4 x 6 numbers, number i being (i * i - 20) / 4; whole numbers hold i * i // 8, booleans
whether i is odd. The tensors are written by safetensors. Made with NumPy 2.4 and safetensors 0.8."""
import pathlib
import sys

import numpy as np
from safetensors.numpy import save_file

out = pathlib.Path(sys.argv[1])
i = np.arange(24).reshape(4, 6)
real, whole, odd = (i * i - 20) / 4, i * i // 8, i % 2 == 1
for order in "<>":
    for code, values in ("f2", real), ("f4", real), ("f8", real), ("i2", whole), ("i4", whole), ("i8", whole), ("u2", whole):
        for layout in "CF":
            name = f"{code}_{'big' if order == '>' else 'little'}_{layout}.npy"
            np.save(out / name, np.array(values, dtype=order + code, order=layout))
for code, values in ("u1", whole), ("i1", whole), ("b1", odd):
    for layout in "CF":
        np.save(out / f"{code}_{layout}.npy", np.array(values, dtype=code, order=layout))
np.savez(out / "one.npz", real)
np.savez(out / "stored.npz", real=real, whole=whole, turned=np.asfortranarray(real.astype(">f4")))
np.savez_compressed(out / "deflated.npz", real=real.astype("f2"), whole=whole)
save_file({"real": real.astype("f8"), "whole": whole, "half": real.astype("f2"), "bytes": whole.astype("u1"), "odd": odd},
          out / "named.safetensors", metadata={"by": "a test"})
save_file({"real": real.astype("f4")}, out / "one.safetensors")
