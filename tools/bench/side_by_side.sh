#!/bin/bash
# Starts side_by_side.py with the programs that Bazel built.
set -eu
bench_step=$PWD/$1 evaluation=$PWD/$2 limits=$PWD/$3 script=$PWD/$4
shift 4
exec python3 "$script" --bench_step="$bench_step" \
  --evaluation_benchmark="$evaluation" --machine_limits="$limits" \
  --version=2.15.0 "$@"
