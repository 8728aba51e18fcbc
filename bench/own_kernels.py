"""Imported before NumPy, PyTorch or scikit-learn: they choose their kernels for this processor themselves. Machines where an old
OpenBLAS fails are told by the environment to take older kernels, which would flatter whoever is compared with them."""
import os

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
