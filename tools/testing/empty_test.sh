#!/bin/bash
# Passes if the file is empty: a list of dependencies that must not be.
if [[ -s $1 ]]; then
  echo "These dependencies point the wrong way:"
  cat "$1"
  exit 1
fi
