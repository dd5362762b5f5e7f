#!/bin/bash
# Passes if a page quotes each FILE word by word, indented by three blanks:
# PAGE FILE...
page=$(<"$1")
shift
for file in "$@"; do
  quoted=$(sed 's/^\(.\)/   \1/' "$file")
  if [[ $page != *"$quoted"* ]]; then
    echo "The page does not quote $file as it is."
    exit 1
  fi
done
