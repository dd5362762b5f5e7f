#!/bin/bash
# Writes docs/registered.md from the registries. Run it after adding an item.
set -euo pipefail
cd "$(dirname "$0")/.."
./bazelw build //experiments/cli:list
page=$(bazel-bin/experiments/cli/list --markdown)
printf '%s\n' "$page" > docs/registered.md
