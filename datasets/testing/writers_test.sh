#!/bin/bash
# Makes a Python environment and loads files that SciPy and NumPy write there.
# Arguments: the program dump, and folders of CIFAR-10 files of another writer.
set -eu
dump=$PWD/$1
shift
script=$PWD/datasets/testing/writers_test.py
python3 -m venv "$TEST_TMPDIR/venv"
"$TEST_TMPDIR/venv/bin/pip" --quiet install numpy==2.4.6 scipy==1.17.1 safetensors==0.8.0
exec "$TEST_TMPDIR/venv/bin/python" "$script" "$dump" "$TEST_TMPDIR" "$@"
