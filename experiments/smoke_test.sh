#!/bin/bash
# A figure's smoke preset: every declared output is there, a second call repeats
# nothing, plot redraws. Arguments: the figure's program, plot, the runs planned.
figure=$PWD/$1
plot=$PWD/$2
runs=$3
source tools/testing/program_test.sh

"$figure" --preset=smoke --out=a >stdout 2>stderr || fail "exit $?"
grep -q "$runs of $runs runs to do" stderr || fail "not $runs runs"
for file in report.html figure.svg figure.png figure.pdf figure.csv figure.vl.json claims.json; do
  [[ -s a/$file ]] || fail "a/$file is missing or empty"
done
[[ $(find a/runs -name DONE | wc -l) == "$runs" ]] || fail "not every run is done"
grep -q '"verdict": "not run"' a/claims.json && { cat a/claims.json; fail "a claim was not judged"; }
[[ $(wc -l <a/figure.csv) -gt 3 ]] || fail "figure.csv has no points"
"$figure" --preset=smoke --out=a >again 2>stderr || fail "second call"
grep -q "0 of $runs runs to do" stderr || fail "runs were repeated"
cmp stdout again || fail "the verdicts changed"
cp a/figure.csv before.csv
rm a/report.html a/figure.csv
"$plot" a >/dev/null 2>stderr || fail "plot"
cmp a/figure.csv before.csv || fail "plot drew something else"
[[ -s a/report.html ]] || fail "plot wrote no report"
echo "all of it holds"
