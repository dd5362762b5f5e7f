#!/bin/bash
# Starts side_by_side.py with the programs that Bazel built.
set -eu
bench_step=$PWD/$1 evaluation=$PWD/$2 limits=$PWD/$3 fig6=$PWD/$4 script=$PWD/$5
shift 5
exec python3 "$script" --bench_step="$bench_step" --fig6="$fig6" \
  --evaluation_benchmark="$evaluation" --machine_limits="$limits" \
  --version=2.15.0 "$@"
