#!/bin/bash
# Everything a change must pass: format of C++ and of BUILD files, then .ci/run.
#   tools/presubmit.sh [--fix]    --fix rewrites the format first
# Needs clang-format 14 (Debian: apt-get install clang-format; pip: clang-format==14.0.6)
# and npx (npm).
set -euo pipefail
cd "$(dirname "$0")/.."
readonly BUILDIFIER=@bazel/buildifier@8.2.1

mapfile -t cc < <(git ls-files -co --exclude-standard '*.cc' '*.h' '*.cu')
mapfile -t build < <(git ls-files -co --exclude-standard WORKSPACE MODULE.bazel '*BUILD' '*.bzl')
style=(--dry-run --Werror)
mode=check
if [[ ${1:-} == --fix ]]; then
  style=(-i)
  mode=fix
fi

version=$(clang-format --version 2>/dev/null || true)
if [[ $version != *" version 14."* ]]; then
  echo "Needs clang-format 14, found '${version:-none}'. What helps: apt-get install clang-format, or pip install clang-format==14.0.6" >&2
  exit 2
fi
if ((${#cc[@]})); then clang-format "${style[@]}" "${cc[@]}"; fi
npx --yes "$BUILDIFIER" -mode="$mode" -lint=off "${build[@]}"
exec .ci/run
