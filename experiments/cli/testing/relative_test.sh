#!/bin/bash
# Programs find LibTorch relative to themselves: they run wherever the tree of the
# build is moved. Arguments: programs that need LibTorch.
set -u
fail() { echo "FAILED: $*"; exit 1; }
for program in "$@"; do
  paths=$(readelf -d "$program" | sed -n 's/.*R\(UN\)\?PATH.*\[\(.*\)\]/\2/p')
  [[ $paths == *'$ORIGIN/'*libtorch* ]] || fail "$program looks for LibTorch in '$paths'"
  [[ ! :$paths =~ :[^\$] ]] || fail "$program has an absolute path: $paths"
  # Where it was built, and where LibTorch really lies.
  built=$(readlink -f "$program")
  folder=${paths%%:*}
  libtorch=$(readlink -f "${folder/\$ORIGIN/${built%/*}}/libtorch_cpu.so") || fail "$program: no libtorch_cpu.so in $folder"
  for place in "${built%%/execroot/*}" "${libtorch%/*}"; do
    ! grep -qF "$place" "$program" || fail "$program names $place"
  done
done
echo "all of it holds"
