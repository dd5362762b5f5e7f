#!/bin/bash
# Makes a Python environment and holds our models, weights and training against
# torchvision. Arguments: the programs extract, train; then those of the script.
set -eu
extract=$PWD/$1
train=$PWD/$2
shift 2
script=$PWD/experiments/cli/external/torchvision_test.py
python3 -m venv "$TEST_TMPDIR/venv"
"$TEST_TMPDIR/venv/bin/pip" --quiet install torch==2.15.0 torchvision==0.29.2 \
  pillow==13.0.0 numpy==2.4.6 safetensors==0.8.0
exec "$TEST_TMPDIR/venv/bin/python" "$script" "$extract" "$train" "$TEST_TMPDIR" "$@"
