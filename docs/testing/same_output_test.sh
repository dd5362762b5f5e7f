#!/bin/bash
# Passes if a file holds what a command prints: FILE HOW-TO-UPDATE COMMAND...
file=$1 update=$2
shift 2
printed=$("$@") || exit 1
if ! diff <(printf '%s\n' "$printed") "$file"; then
  echo "$file is out of date. Run: $update"
  exit 1
fi
