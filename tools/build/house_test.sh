#!/bin/bash
# The rooms and doors of docs/architecture.md, against the graph of //...: no
# arrow upwards but the one made on purpose, no circle, the drawing as it is in
# the page, files and folders of the size that was agreed.
# Arguments: this workspace's WORKSPACE, house.py.
set -u
house=$(readlink -f "$2")
cd "$(dirname "$(readlink -f "$1")")" || exit 1
fail() { echo "FAILED: $*"; exit 1; }

# //... by its folders: another server's links (bazel-bin, ...) lie beside them.
graph=$TEST_TMPDIR/graph.xml
everything=//:all
for folder in */; do
  [[ -L ${folder%/} || -z $(find "$folder" -name BUILD -print -quit) ]] || everything+=" + //$folder..."
done
HOME=$TEST_TMPDIR ./bazelw --output_user_root="$TEST_TMPDIR/bazel" --batch \
  query --noshow_progress --output=xml "$everything" >"$graph" 2>"$TEST_TMPDIR/err" ||
  { cat "$TEST_TMPDIR/err"; fail "bazel query $everything"; }

found=$(python3 "$house" check <"$graph") || fail "house.py check"
expected='upwards: //tools/testing/forbidden:arrow -> //models:model'
[[ $found == "$expected" ]] || fail "expected nothing but
$expected
found
$found"

drawn=$(python3 "$house" draw <"$graph")
page=$(sed -n '/^<!-- begin rooms -->$/,/^<!-- end rooms -->$/p' docs/architecture.md |
  sed '1,2d;$d' | sed '$d')
[[ $drawn == "$page" ]] || fail "docs/architecture.md draws other rooms; run tools/update_registered.sh
$(diff <(echo "$page") <(echo "$drawn"))"

# Items, pages and the files of tests lie in a folder of any size.
for folder in $(git ls-files -co --exclude-standard 2>/dev/null | grep -v '^docs/results/' |
  xargs -rn1 dirname | sort | uniq -c | awk '$1 > 15 {print $2}'); do
  case $folder in
    models | datasets | metrics | metrics/statistics | experiments | experiments/recipes | third_party | docs) ;;
    */testdata | */testdata/*) ;;
    *) fail "$folder has more than 15 files" ;;
  esac
done
for file in $(git ls-files -co --exclude-standard '*.cc' '*.h' '*.py' '*.sh' '*.bzl' 2>/dev/null); do
  [[ -e $file ]] || continue
  lines=$(wc -l <"$file")
  ((lines <= 400)) || fail "$file has $lines lines, more than 400"
done
for header in models/model.h datasets/dataset.h metrics/metric.h metrics/statistics/statistic.h experiments/experiment.h experiments/recipes/{objective,schedule,optimizer,stream}.h; do
  lines=$(wc -l <"$header")
  ((lines <= 150)) || fail "$header has $lines lines, more than 150"
done
echo "the walls stand"
