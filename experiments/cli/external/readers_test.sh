#!/bin/bash
# Makes a Python environment; TensorBoard's own reader and the safetensors package
# read a run. NCLAB_PYTHON: one that has both already. Argument: the program train.
set -eu
train=$PWD/$1
script=$PWD/experiments/cli/external/readers.py
python=${NCLAB_PYTHON:-}
if [[ -z $python ]]; then
  python3 -m venv "$TEST_TMPDIR/venv"
  "$TEST_TMPDIR/venv/bin/pip" --quiet install numpy==2.4.6 safetensors==0.8.0 tensorboard==2.21.0
  python=$TEST_TMPDIR/venv/bin/python
fi
export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR
cd "$TEST_TMPDIR"
spec=(--dataset='gaussian_etf(num_classes=3,per_class=30,test_samples=10,dim=6)'
  --model='mlp(width=8,depth=2)' --layers=all --steps=2000 --eval_points=12 --save_steps=10 --threads=1 --out=run)
# Stopped once, so that what is read was written by two processes.
"$train" "${spec[@]}" --time_limit=700ms && status=0 || status=$?
echo "the first process ended with $status"
"$train" "${spec[@]}"
exec "$python" "$script" run
