#!/bin/bash
# Makes a Python environment and compares measure with NumPy, SciPy and scikit-learn.
# Argument: the program measure.
set -eu
measure=$PWD/$1
script=$PWD/metrics/features/agreement.py
python3 -m venv "$TEST_TMPDIR/venv"
"$TEST_TMPDIR/venv/bin/pip" --quiet install numpy==2.4.6 safetensors==0.8.0 \
  scipy==1.17.1 scikit-learn==1.9.1
export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR
exec "$TEST_TMPDIR/venv/bin/python" "$script" "$measure" 60
