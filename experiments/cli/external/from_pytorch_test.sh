#!/bin/bash
# Makes a Python environment; a ResNet18 that PyTorch trained on a folder of pictures
# is measured by nclab and by NumPy. NCLAB_PYTHON: one that has all of it already.
# Arguments: the programs extract, measure.
set -eu
extract=$PWD/$1
measure=$PWD/$2
script=$PWD/experiments/cli/external/from_pytorch_test.py
python=${NCLAB_PYTHON:-}
if [[ -z $python ]]; then
  python3 -m venv "$TEST_TMPDIR/venv"
  "$TEST_TMPDIR/venv/bin/pip" --quiet install torch==2.15.0 torchvision==0.29.2 \
    pillow==13.0.0 numpy==2.4.6 safetensors==0.8.0 scipy==1.17.1 scikit-learn==1.9.1
  python=$TEST_TMPDIR/venv/bin/python
fi
export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR PYTHONPATH=$PWD/metrics/features
cd "$TEST_TMPDIR"
exec "$python" "$script" "$extract" "$measure"
