#!/bin/bash
# Writes docs/registered.md and the table in docs/metrics.md from the registries,
# and the rooms in docs/architecture.md from Bazel's graph. Run it after adding an
# item or a dependency.
set -euo pipefail
cd "$(dirname "$0")/.."
./bazelw build //experiments/cli:list //metrics/testing:describe
page=$(bazel-bin/experiments/cli/list --markdown)
printf '%s\n' "$page" > docs/registered.md
block=$(mktemp)
trap 'rm -f "$block"' EXIT

# put PAGE NAME: the block between the page's marks NAME becomes standard input.
put() {
  cat >"$block"
  sed -i -e "/^<!-- begin $2 -->\$/r $block" \
    -e "/^<!-- begin $2 -->\$/,/^<!-- end $2 -->\$/{/^<!-- .* $2 -->\$/!d}" "$1"
}

bazel-bin/metrics/testing/describe | put docs/metrics.md table
graph=$(./bazelw query --noshow_progress --output=xml //...)
{
  echo '```'
  python3 tools/build/house.py draw <<<"$graph"
  echo '```'
} | put docs/architecture.md rooms
