#!/bin/bash
# What happens around a run: terminals and pipes that close, descriptors that are not there, files that may not grow.
# Argument: the program train.
train=$PWD/$1
source tools/testing/program_test.sh

data=(--dataset='gaussian_etf(num_classes=4,per_class=30,test_samples=20,dim=8,ratio=0.5)' --model='mlp(width=8,depth=1)'
  --threads=1 --metrics=loss)
short=("${data[@]}" --steps=2000)
long=("${data[@]}" --steps=100000000)
begun() { for _ in $(seq 300); do [[ -s $1/progress.json ]] && return; sleep 0.1; done; fail "$1 does not begin"; }

"$train" "${short[@]}" --out=usual >stdout 2>stderr || fail "train"

# Nobody listens at all: what is said does not get into the files.
"$train" "${short[@]}" --out=closed <&- >&- 2>&- || fail "closed descriptors: exit $?"
cmp usual/metrics.csv closed/metrics.csv || fail "closed descriptors: other numbers"
[[ $(cat closed/.lock) =~ ^process\ [0-9]+\ on\ [^[:space:]]*$ ]] || fail "closed descriptors: the lock holds $(cat closed/.lock)"
[[ $(wc -c <usual/events.out.*) == $(wc -c <closed/events.out.*) ]] || fail "closed descriptors: the event file"
# An answer that nobody gets.
"$train" "${short[@]}" --out=usual >/dev/full 2>stderr
[[ $? == 1 ]] && grep -q "standard output: No space left" stderr || fail "a full standard output"

# A hangup is a stop, unless it was ignored.
"$train" "${long[@]}" --out=hangup >/dev/null 2>&1 &
pid=$!
begun hangup
kill -HUP $pid
wait $pid
[[ $? == 75 ]] && ls hangup/checkpoints/step-* >/dev/null || fail "a hangup loses the run"
(
  trap '' HUP
  exec "$train" "${long[@]}" --out=nohup >/dev/null 2>&1
) &
pid=$!
begun nohup
kill -HUP $pid
before=$(cat nohup/progress.json)
for _ in $(seq 300); do [[ $(cat nohup/progress.json) != "$before" ]] && break; sleep 0.1; done
kill -0 $pid || fail "an ignored hangup ends the run"
kill -TERM $pid
wait $pid

# Nobody reads what it says: saved, and gone on with.
python3 - "$train" "${long[@]}" --out=pipe <<'END' || fail "a pipe without a reader loses the run"
import os, subprocess, sys
reader, writer = os.pipe()
os.close(reader)
sys.exit(subprocess.run(sys.argv[1:], stdout=writer, stderr=writer).returncode != 75)
END
ls pipe/checkpoints/step-* >/dev/null || fail "a pipe without a reader: no checkpoint"

# A file may not grow: as a full disk.
(ulimit -f 4; exec "$train" "${data[@]}" --steps=2000 --model='mlp(width=512,depth=2)' --out=small >stdout 2>stderr)
[[ $? == 1 ]] || fail "a limit of file sizes: exit $?"
grep -q "small/.*: File too large" stderr || fail "a limit of file sizes: does not name the file"
echo "all of it holds"
