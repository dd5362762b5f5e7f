#!/bin/bash
# runs: every state is named, with its numbers. Arguments: the programs train, runs.
train=$PWD/$1
runs=$PWD/$2
source tools/testing/program_test.sh
fail() { echo "FAILED: $*"; cat table 2>/dev/null; exit 1; }

data='gaussian_etf(num_classes=4,per_class=30,test_samples=20,dim=8,ratio=0.5)'
"$train" --dataset="$data" --model='mlp(width=8,depth=1)' --steps=30 --out=all/done >/dev/null || fail "train"
"$train" --dataset="$data" --model='mlp(width=8,depth=1)' --steps=300 --lr=100000 --out=all/deep/diverged >/dev/null 2>diverged
[[ $? == 0 ]] && grep -q '^diverged: The loss became .* at step' diverged || { cat diverged; fail "a run that diverges"; }
"$train" --dataset="$data" --model='mlp(width=8,depth=1)' --steps=100000000 --out=all/cut >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do [[ -s all/cut/progress.json ]] && break; sleep 0.1; done
"$runs" all >table || fail "exit $?"
grep -qE '^done +done +30/30 ' table || fail "the finished run"
grep -qE '^deep/diverged +diverged +[0-9]+/300 ' table || fail "the diverged run"
grep -q '^    The loss became' table || fail "the reason"
grep -qE '^cut +running +[0-9]+/100000000 +[0-9.]+ ' table || fail "the running run"
kill -TERM $pid
wait $pid
"$runs" all >table || fail "exit $?"
grep -qE '^cut +stopped +[1-9][0-9]*/100000000 ' table || fail "the stopped run"
grep -qx '3 runs: 1 diverged, 1 done, 1 stopped' table || fail "the sum"
rm -r all/cut/checkpoints
echo '{' >all/deep/diverged/spec.json
"$runs" --json all >table || fail "exit $?"
for state in done waiting unreadable; do
  grep -q "\"state\": \"$state\"" table || fail "no $state"
done
"$runs" all/done | grep -q '1 runs: 1 done' || fail "one run by its own directory"
# Links are entered, each run once; links in a circle end.
mkdir linked && ln -s ../all linked/there && ln -s .. linked/up && ln -s nowhere linked/dead
"$runs" linked >table || fail "links: exit $?"
grep -qE '^there/done +done ' table || fail "a linked directory is not entered"
[[ $(grep -cE '(^|/)done +done ' table) == 1 ]] || fail "a run is listed twice"
# What is no text, or of another type than it was written, is no reason to abort.
cp -r all/done all/$'odd\xff'
for text in '[]' '{"step": "3", "steps": [], "steps_per_second": {}, "loss": "x"}' 'null' '{'; do
  echo "$text" >all/cut/progress.json
  "$runs" --json all >table || fail "progress.json $text: exit $?"
  python3 -c 'import json; assert len(json.load(open("table"))["runs"]) == 4' || fail "progress.json $text"
done
grep -q $'odd\xef\xbf\xbd' table || fail "a path that is no text"
"$runs" all >/dev/full 2>stderr
[[ $? == 1 ]] && grep -q "standard output" stderr || fail "an answer that cannot be written"
mkdir empty
"$runs" empty >table 2>stderr
[[ $? == 2 ]] && grep -q "No run under" stderr && [[ ! -s table ]] || fail "an empty directory"
echo "all of it holds"
