#!/bin/bash
# Writes docs/registered.md, and the table in docs/metrics.md, from the
# registries. Run it after adding an item.
set -euo pipefail
cd "$(dirname "$0")/.."
./bazelw build //experiments/cli:list //metrics/testing:describe
page=$(bazel-bin/experiments/cli/list --markdown)
printf '%s\n' "$page" > docs/registered.md
table=$(mktemp)
trap 'rm -f "$table"' EXIT
bazel-bin/metrics/describe > "$table"
sed -i -e "/^<!-- begin table -->\$/r $table" \
  -e '/^<!-- begin table -->$/,/^<!-- end table -->$/{/^<!-- .* table -->$/!d}' docs/metrics.md
