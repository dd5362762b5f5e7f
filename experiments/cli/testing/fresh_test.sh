#!/bin/bash
# --fresh empties an output once; pictures that cannot be drawn cost nothing else. Arguments: the programs fig6, plot.
fig6=$PWD/$1 plot=$PWD/$2
source tools/testing/program_test.sh
starts() { sed -n 's/.*"starts": \([0-9]*\).*/\1/p' a/runs/*-seed0-*/manifest.json; }

one=("$fig6" --preset=smoke --seeds=0 --threads=1 --out=a)
expect 0 "1 of 1 runs to do" "${one[@]}" --fresh
grep -q -- "--seeds=0" a/report.html || fail "the report has no command"
grep -q -- "--fresh" a/report.html && fail "the command to repeat empties again"
touch a/notes.txt a/runs/stale
expect 0 "0 of 1 runs to do" "${one[@]}"
expect 0 "1 of 1 runs to do" "${one[@]}" --fresh
[[ -e a/notes.txt && ! -e a/runs/stale ]] || fail "did not empty, or too much"

# A stop: the same command goes on. And while somebody works, nothing is emptied.
long=("${one[@]}" --set steps=20000) # some seconds
"${long[@]}" --fresh >/dev/null 2>&1 &
pid=$!
for _ in $(seq 300); do [[ -e a/.fresh ]] && ls a/runs/*/progress.json >/dev/null 2>&1 && break; sleep 0.1; done
rm a/.fresh # as if another call had begun it
expect 2 "is in use by process $pid" "${one[@]}" --fresh
[[ ! -s stdout ]] || fail "a refusal writes to standard output"
ls a/runs/*/progress.json >/dev/null || fail "emptied in spite of it"
echo >a/.fresh
kill -HUP $pid
wait $pid
[[ $? == 75 ]] || fail "SIGHUP did not give 75"
expect 0 "going on with it" "${long[@]}" --fresh
[[ $(starts) == 2 ]] || fail "the run was begun anew, not resumed: $(starts) starts"
[[ ! -e a/.fresh ]] || fail "the mark is left"

# No pictures: all else is written and printed.
mkdir bin
printf '#!/bin/sh\necho no pictures today\nexit 3\n' >bin/python3
chmod +x bin/python3
cp a/claims.json claims.json
cp stdout drawn
rm a/claims.json a/figure.csv a/report.html
PATH=$PWD/bin:$PATH expect 1 "no pictures today" "${long[@]}"
cmp stdout drawn || fail "no pictures, and no verdicts"
cmp claims.json a/claims.json || fail "no pictures, and no claims"
[[ -s a/figure.csv && ! -e a/figure.svg ]] || fail "no pictures: other files"
grep -q "could not be drawn: .*no pictures today" a/report.html || fail "the page does not say it"
PATH=$PWD/bin:$PATH expect 1 "no pictures today" "$plot" a
cmp stdout drawn || fail "plot prints no verdicts"
expect 0 "" "$plot" a
[[ -s a/figure.svg ]] || fail "plot does not draw"
# What other hands wrote is no reason to abort.
for run in a/runs/*; do
  echo '{"dataset_official": "perhaps", "gpu": [], "starts": {}}' >"$run"/manifest.json
done
expect 0 "" "$plot" a
for text in '[]' '3' '{"experiment": 3}' '{' '{"experiment":"fig6","preset":"smoke","overrides":3,"only":[],"runs":[3],"command":""}'; do
  echo "$text" >a/experiment.json
  expect 2 "experiment.json is not an experiment's record" "$plot" a
done
echo "all of it holds"
