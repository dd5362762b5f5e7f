"""Writes the small data files of the tests, with NumPy and SciPy.

  python3 -m pip install numpy==2.4.6 scipy==1.17.1
  python3 datasets/testdata/make.py datasets/testdata

A pixel at row r, column c, channel ch of image n is (r + 3 c + 50 ch + 100 n)
modulo 251, so that a test can tell where each one went.
"""

import gzip
import sys

import numpy as np
import scipy.io


def pixels(n, side):
    """[side, side, 3, n] uint8."""
    r, c, ch, i = np.ogrid[:side, :side, :3, :n]
    return ((r + 3 * c + 50 * ch + 100 * i) % 251).astype(np.uint8)


def main(out):
    svhn = {"X": pixels(3, 32), "y": np.array([[10], [1], [9]], np.uint8)}
    scipy.io.savemat(f"{out}/svhn_stored.mat", svhn)
    scipy.io.savemat(f"{out}/svhn_compressed.mat", svhn, do_compression=True)

    # Fortran order runs down the columns first: what STL-10 does.
    stl10 = pixels(2, 96).tobytes(order="F")
    with open(f"{out}/stl10_images.bin.gz", "wb") as file:
        file.write(gzip.compress(stl10, mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
