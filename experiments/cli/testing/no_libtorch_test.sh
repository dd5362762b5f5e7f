#!/bin/bash
# Everything above a run starts without LibTorch. Arguments: the worker, which needs
# it, then the programs that do not.
set -u
needs_libtorch() { grep -qF libtorch_cpu.so "$1"; }
needs_libtorch "$1" || { echo "FAILED: the worker trains without LibTorch?"; exit 1; }
shift
for program in "$@"; do
  needs_libtorch "$program" && { echo "FAILED: $program is linked to LibTorch"; exit 1; }
done
echo "all of it holds"
