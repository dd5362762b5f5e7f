#!/bin/bash
# Starts gpu_day.py among the programs that Bazel built.
set -eu
script=$PWD/$1
shift
exec python3 "$script" "$@"
