"""Writes files of the size of SVHN and STL-10, to time their loading.

    python3 full_size_datasets.py CIFAR10 OUT

CIFAR10 holds data_batch_1.bin ... data_batch_5.bin: its photographs, again and
again (for STL-10 three times as large), so that they compress as photographs do.
OUT/svhn has 73,257 + 26,032 images (MATLAB v5, compressed by SciPy), OUT/stl10
5,000 + 8,000. Labels are made up. Needs NumPy and SciPy.
"""

import pathlib
import sys

import numpy as np
import scipy.io


def main():
    cifar10, out = map(pathlib.Path, sys.argv[1:3])
    photos = np.concatenate(
        [np.fromfile(cifar10 / f"data_batch_{i}.bin", np.uint8).reshape(-1, 3073)[:, 1:]
         for i in range(1, 6)]
    ).reshape(-1, 3, 32, 32)
    (out / "svhn").mkdir(parents=True, exist_ok=True)
    for split, n in ("train", 73257), ("test", 26032):
        x = photos[np.arange(n) % len(photos)].transpose(2, 3, 1, 0)
        y = (np.arange(n) % 10 + 1).astype(np.uint8)[:, None]
        scipy.io.savemat(out / f"svhn/{split}_32x32.mat", {"X": x, "y": y}, do_compression=True)
    (out / "stl10").mkdir(parents=True, exist_ok=True)
    for split, n in ("train", 5000), ("test", 8000):
        large = photos[:n].repeat(3, axis=2).repeat(3, axis=3)
        large.transpose(0, 1, 3, 2).tofile(out / f"stl10/{split}_X.bin")
        (np.arange(n) % 10 + 1).astype(np.uint8).tofile(out / f"stl10/{split}_y.bin")


if __name__ == "__main__":
    main()
