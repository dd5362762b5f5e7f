#!/bin/bash
# Passes if a page holds what a command prints between the lines
# <!-- begin NAME --> and <!-- end NAME -->: FILE NAME HOW-TO-UPDATE COMMAND...
file=$1 name=$2 update=$3
shift 3
printed=$("$@") || exit 1
if ! diff <(printf '%s\n' "$printed") \
  <(sed -n "/^<!-- begin $name -->\$/,/^<!-- end $name -->\$/p" "$file" | sed '1d;$d'); then
  echo "$file is out of date. Run: $update"
  exit 1
fi
