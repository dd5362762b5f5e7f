#!/bin/bash
# Makes a Python environment and holds what a step is made of against PyTorch.
# Arguments: the program trajectory; then "time", to compare speeds instead.
set -eu
trajectory=$PWD/$1
script=$PWD/experiments/recipes/external/trajectories_test.py
python3 -m venv "$TEST_TMPDIR/venv"
"$TEST_TMPDIR/venv/bin/pip" --quiet install torch==2.15.0 numpy==2.4.6 safetensors==0.8.0
exec "$TEST_TMPDIR/venv/bin/python" "$script" "$trajectory" "${2:-$TEST_TMPDIR}"
