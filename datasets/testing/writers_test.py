"""Files of independent writers load exactly.

    writers_test.py DUMP DIRECTORY [CIFAR10]

Writes small files with SciPy's savemat (SVHN, stored and compressed, several
types of numbers) and with NumPy (CIFAR-10, STL-10, MNIST, Fashion-MNIST; raw and
.gz), loads each by DUMP, and compares every pixel and label with the arrays that
were written. CIFAR10: a folder of the six CIFAR-10 files of another writer, read
here by NumPy and compared in the same way.
"""

import gzip
import os
import pathlib
import subprocess
import sys

import numpy as np
import scipy.io
from safetensors.numpy import load_file

random = np.random.default_rng(20220217)


def pixels(*shape):
    return random.integers(0, 256, shape, np.uint8)


def labels(n):
    return np.concatenate([np.arange(10), random.integers(0, 10, n - 10)])


def write(path, data, compressed=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    if compressed:
        path = path.with_name(path.name + ".gz")
        data = gzip.compress(data)
    path.write_bytes(data)


def svhn(directory, **options):
    """MATLAB's X [row, column, channel, image]; 10 stands for the digit 0."""
    expected = {}
    types = options.pop("types", (np.uint8, np.uint8))
    for split, n in ("train", 23), ("test", 11):
        x, y = pixels(32, 32, 3, n), labels(n)
        directory.mkdir(parents=True, exist_ok=True)
        scipy.io.savemat(
            directory / f"{split}_32x32.mat",
            {"X": x.astype(types[0]), "y": np.where(y == 0, 10, y).astype(types[1])[:, None]},
            **options,
        )
        expected[split] = x.transpose(3, 2, 0, 1), y
    return expected


def stl10(directory, **options):
    """Planes column by column; labels from 1."""
    expected = {}
    for split, n in ("train", 12), ("test", 11):
        x, y = pixels(n, 3, 96, 96), labels(n)
        write(directory / f"{split}_X.bin", x.transpose(0, 1, 3, 2).tobytes(), **options)
        write(directory / f"{split}_y.bin", (y + 1).astype(np.uint8).tobytes(), **options)
        expected[split] = x, y
    return expected


def idx(directory, **options):
    expected = {}
    for split, file, n in ("train", "train", 25), ("test", "t10k", 13):
        x, y = pixels(n, 1, 28, 28), labels(n)
        for kind, data in ("images-idx3", x[:, 0]), ("labels-idx1", y.astype(np.uint8)):
            header = bytes([0, 0, 8, data.ndim]) + np.array(data.shape, ">u4").tobytes()
            write(directory / f"{file}-{kind}-ubyte", header + data.tobytes(), **options)
        expected[split] = x, y
    return expected


def cifar10(directory, **options):
    x, y = pixels(37, 3, 32, 32), labels(37)
    records = np.hstack([y.astype(np.uint8)[:, None], x.reshape(37, -1)])
    for i, part in enumerate(np.array_split(records[:26], 5)):
        write(directory / f"data_batch_{i + 1}.bin", part.tobytes(), **options)
    write(directory / "test_batch.bin", records[26:].tobytes(), **options)
    return {"train": (x[:26], y[:26]), "test": (x[26:], y[26:])}


def read_cifar10(directory):
    expected = {}
    names = {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}
    for split, files in names.items():
        records = np.concatenate([np.fromfile(directory / f, np.uint8) for f in files]).reshape(-1, 3073)
        expected[split] = records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]
    return expected


def compare(title, dump, dataset, data_dir, expected):
    subprocess.run([dump, dataset, f"--data_dir={data_dir}", "--output=out.safetensors"], check=True)
    loaded = load_file("out.safetensors")
    for split, (x, y) in expected.items():
        assert np.array_equal(loaded[f"{split}.samples"], x), f"{title}: {split} samples differ"
        assert np.array_equal(loaded[f"{split}.labels"], y), f"{title}: {split} labels differ"
    # The comparison sees a single pixel.
    loaded["train.samples"].flat[7] ^= 1
    assert not np.array_equal(loaded["train.samples"], expected["train"][0])
    count = sum(len(y) for _, y in expected.values())
    print(f"{title}: {count} images as written", flush=True)


def main():
    dump, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    os.chdir(directory)
    os.environ["BUILD_WORKING_DIRECTORY"] = str(directory)
    cases = [
        ("svhn stored by SciPy", "svhn", svhn, {}),
        ("svhn compressed by SciPy", "svhn", svhn, {"do_compression": True}),
        ("svhn, y as double", "svhn", svhn, {"types": (np.uint8, np.float64), "do_compression": True}),
        ("svhn, X as int16", "svhn", svhn, {"types": (np.int16, np.int32)}),
        ("stl10 by NumPy", "stl10", stl10, {}),
        ("stl10 by NumPy, .gz", "stl10", stl10, {"compressed": True}),
        ("mnist by NumPy", "mnist", idx, {}),
        ("fashion_mnist by NumPy, .gz", "fashion_mnist", idx, {"compressed": True}),
        ("cifar10 by NumPy", "cifar10", cifar10, {}),
        ("cifar10 by NumPy, .gz", "cifar10", cifar10, {"compressed": True}),
    ]
    for i, (title, dataset, writer, options) in enumerate(cases):
        data_dir = directory / f"data{i}"
        compare(title, dump, dataset, data_dir, writer(data_dir / dataset, **options))
    for folder in sys.argv[3:]:
        compare(f"cifar10 in {folder}", dump, "cifar10", folder, read_cifar10(pathlib.Path(folder)))


if __name__ == "__main__":
    main()
