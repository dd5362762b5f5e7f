"""Writes the small data files of tests and fuzzers, with NumPy, SciPy and Pillow.

  python3 -m pip install numpy==2.4.6 scipy==1.17.1 pillow==13.0.0 safetensors==0.8.0
  python3 datasets/testdata/make.py datasets/testdata

A pixel at row r, column c, channel ch of image n is (r + 3 c + 50 ch + 100 n)
modulo 251, so that a test can tell where each one went.
"""

import gzip
import os
import sys

import numpy as np
import safetensors.numpy
import scipy.io
from PIL import Image

# Of each class of CIFAR-100, its coarse one.
COARSE = [4, 1, 14, 8, 0, 6, 7, 7, 18, 3, 3, 14, 9, 18, 7, 11, 3, 9, 7, 11, 6, 11, 5, 10, 7]
COARSE += [6, 13, 15, 3, 15, 0, 11, 1, 10, 12, 14, 16, 9, 11, 5, 5, 19, 8, 8, 15, 13, 14, 17, 18, 10]
COARSE += [16, 4, 17, 4, 2, 0, 17, 4, 18, 17, 10, 3, 2, 12, 12, 16, 12, 1, 9, 19, 2, 10, 0, 1, 16]
COARSE += [12, 9, 13, 15, 13, 16, 19, 2, 4, 6, 19, 5, 5, 8, 19, 18, 1, 2, 15, 6, 0, 17, 8, 14, 13]


def pixels(n, side):
    """[side, side, 3, n] uint8."""
    r, c, ch, i = np.ogrid[:side, :side, :3, :n]
    return ((r + 3 * c + 50 * ch + 100 * i) % 251).astype(np.uint8)


def gz(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".gz", "wb") as file:
        file.write(gzip.compress(data, mtime=0))


def savemat(path, variables, **options):
    scipy.io.savemat(path, variables, **options)
    # Its header says when; the same bytes are wanted each time.
    with open(path, "r+b") as file:
        file.write(b"MATLAB 5.0 MAT-file, written by SciPy".ljust(116))


def official(out):
    """Files as the datasets' publishers lay them out: 20 + 20 images each."""
    labels = np.arange(20) % 10
    small, large = pixels(20, 32), pixels(20, 96)

    # Label, then planes row by row.
    planes = np.ascontiguousarray(small.transpose(3, 2, 0, 1)).reshape(20, -1)
    records = np.hstack([labels.astype(np.uint8)[:, None], planes])
    for i in range(5):
        part = records[4 * i : 4 * i + 4]
        gz(f"{out}/cifar10/data_batch_{i + 1}.bin", part.tobytes())
    gz(f"{out}/cifar10/test_batch.bin", records.tobytes())

    # Big-endian header, then bytes.
    grey = small[:28, :28, 0].transpose(2, 0, 1)
    for name in "mnist", "fashion_mnist", "idx":
        for split in "train", "t10k":
            for kind, data in ("images-idx3", grey), ("labels-idx1", labels):
                header = np.array([0x800 + data.ndim, *data.shape], ">u4")
                gz(
                    f"{out}/{name}/{split}-{kind}-ubyte",
                    header.tobytes() + data.astype(np.uint8).tobytes(),
                )

    # Coarse label, label, planes.
    hundred = np.arange(100)
    many = np.ascontiguousarray(pixels(100, 32).transpose(3, 2, 0, 1)).reshape(100, -1)
    records = np.hstack([np.array(COARSE, np.uint8)[:, None], hundred.astype(np.uint8)[:, None], many])
    for split in "train", "test":
        gz(f"{out}/cifar100/{split}.bin", records.tobytes())

    for split in "train", "test":
        os.makedirs(f"{out}/tensors", exist_ok=True)
        images = np.ascontiguousarray(small.transpose(3, 2, 0, 1))
        safetensors.numpy.save_file(
            {"images": images[:, :, :8, :8].copy(), "labels": labels}, f"{out}/tensors/{split}.safetensors"
        )
        for i, label in enumerate(labels[:12]):
            folder = f"{out}/images/{split}/{label % 3}"
            os.makedirs(folder, exist_ok=True)
            Image.fromarray(images[i, :, :8, :8].transpose(1, 2, 0)).save(f"{folder}/{i:02}.png")

    os.makedirs(f"{out}/svhn", exist_ok=True)
    digits = np.where(labels == 0, 10, labels).astype(np.uint8)[:, None]
    for split in "train", "test":
        savemat(
            f"{out}/svhn/{split}_32x32.mat",
            {"X": small, "y": digits},
            do_compression=True,
        )
        gz(f"{out}/stl10/{split}_X.bin", large.tobytes(order="F"))
        gz(f"{out}/stl10/{split}_y.bin", (labels + 1).astype(np.uint8).tobytes())


def corpus(out):
    """Seeds of datasets/fuzz: the smallest files that load, and a few that do not."""
    members = gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0)
    seeds = {
        "cifar10_fuzz/record": bytes([3]) + bytes(3072),
        "gunzip_fuzz/text": gzip.compress(b"a text, a text, a text", mtime=0),
        "gunzip_fuzz/nothing": gzip.compress(b"", mtime=0),
        "gunzip_fuzz/members": members,
        "gunzip_fuzz/members_cut": members[:-3],
        "gunzip_fuzz/members_and_more": members + bytes(8),
        "idx_fuzz/images": np.array([0x803, 1, 2, 3], ">u4").tobytes() + bytes(6),
        "idx_fuzz/labels": np.array([0x801, 3], ">u4").tobytes() + bytes([1, 0, 9]),
        "stl10_fuzz/image": bytes([1, 10]) + bytes(3 * 96 * 96),
    }
    for path, seed in seeds.items():
        os.makedirs(os.path.dirname(f"{out}/{path}"), exist_ok=True)
        with open(f"{out}/{path}", "wb") as file:
            file.write(seed)
    small = {"X": np.zeros((32, 32, 3, 1), np.uint8), "y": np.array([[10.0]])}
    tiny = {"X": np.arange(6.0).reshape(2, 3), "y": np.array([[1, 2]], np.int16)}
    for kind, options in ("stored", {}), ("compressed", {"do_compression": True}):
        for target, variables in ("svhn_fuzz", small), ("matlab5_fuzz", tiny):
            os.makedirs(f"{out}/{target}", exist_ok=True)
            savemat(f"{out}/{target}/{kind}.mat", variables, **options)


def main(out):
    svhn = {"X": pixels(3, 32), "y": np.array([[10], [1], [9]], np.uint8)}
    savemat(f"{out}/svhn_stored.mat", svhn)
    savemat(f"{out}/svhn_compressed.mat", svhn, do_compression=True)

    official(f"{out}/official")
    corpus(f"{out}/../fuzz/corpus")

    # Fortran order runs down the columns first: what STL-10 does.
    stl10 = pixels(2, 96).tobytes(order="F")
    with open(f"{out}/stl10_images.bin.gz", "wb") as file:
        file.write(gzip.compress(stl10, mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
