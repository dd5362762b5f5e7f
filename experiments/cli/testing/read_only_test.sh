#!/bin/bash
# Output that cannot be written: below a file, and, where mounting is allowed, on a
# file system that is read-only, for root too. Arguments: train, sweep, runs, plot.
set -u
self=$(realpath "$0")
cd "$TEST_TMPDIR" || exit 1
if [[ -z ${NCLAB_INSIDE:-} ]]; then
  programs=()
  for program in "$@"; do programs+=("$OLDPWD/$program"); done
  set -- "${programs[@]}"
  for how in "unshare -m" "unshare -rm"; do  # root's, or as root of a user namespace
    $how sh -c 'mkdir -p try && mount -t tmpfs none try' 2>/dev/null || continue
    NCLAB_INSIDE=1 exec $how "$BASH" "$self" "${programs[@]}"
  done
  echo "mounting is not allowed here: only what is below a file is tried"
fi
export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR
train=$1 sweep=$2 runs=$3 plot=$4
fail() { echo "FAILED: $*"; cat stdout stderr 2>/dev/null; exit 1; }

flags=(--dataset='gaussian_etf(num_classes=3,per_class=20,test_samples=8,dim=6)' --steps=20 --eval_points=3
  --metrics=loss --model='mlp(width=4,depth=1)' --threads=1)
# Exit 2, saying what, with nothing on standard output and nothing run.
refuse() {  # WORDS PROGRAM FLAGS...
  local words=$1
  shift
  "$@" >stdout 2>stderr
  [[ $? == 2 ]] || fail "${*: -1}: not refused"
  grep -qF -- "$words" stderr || fail "${*: -1}: does not say: $words"
  [[ ! -s stdout ]] || fail "${*: -1}: writes to standard output"
  (($(wc -l <stderr) <= 3)) || fail "${*: -1}: more than a few lines"
}

touch file
for program in "$train" "$sweep"; do
  refuse "$TEST_TMPDIR/file" "$program" "${flags[@]}" --out=file
  refuse "$TEST_TMPDIR/file/below" "$program" "${flags[@]}" --out=file/below
done
# What is no file is not replaced, nor is an input, by whatever name; links are
# written through.
"$sweep" "${flags[@]}" --seed=0,1 --out=made >first 2>stderr || fail "a sweep"
replaces() {  # WORDS
  refuse "$1" "$sweep" "${flags[@]}" --seed=0,1 --out=made
  refuse "$1" "$plot" made
  rm -r made/sweep.csv
}
rm made/sweep.csv && mkfifo made/sweep.csv && replaces "made/sweep.csv is a pipe"
mkdir made/sweep.csv && replaces "made/sweep.csv is a directory"
ln -s /dev/null made/sweep.csv && replaces "made/sweep.csv is a device"
for input in made/runs/*/metrics.csv; do break; done
ln "$input" made/sweep.csv && replaces "one of the inputs"
ln -s "$PWD/made/experiment.json" made/sweep.csv && replaces "one of the inputs"
ln -s ../elsewhere.csv made/sweep.csv
"$plot" made >stdout 2>stderr || fail "plot through a link"
[[ -L made/sweep.csv && -s elsewhere.csv ]] || fail "a link was replaced"
"$train" "${flags[@]}" --out=run >stdout 2>stderr || fail "a run"
rm run/DONE run/metrics.csv && mkdir run/metrics.csv
refuse "run/metrics.csv is a directory" "$train" "${flags[@]}" --out=run
rmdir run/metrics.csv && rm run/log.txt && mkfifo run/log.txt
refuse "run/log.txt is a pipe" timeout 60 "$train" "${flags[@]}" --out=run
mkdir fresh && mkfifo fresh/.lock
refuse "fresh/.lock is a pipe" timeout 60 "$train" "${flags[@]}" --out=fresh
mkdir -p far/away && ln -s far/away link
"$train" "${flags[@]}" --out=link/../run >stdout 2>stderr || fail "--out=link/../run"
HOME=$PWD/far/away "$train" "${flags[@]}" --out='~/run' >stdout 2>stderr || fail "--out=~/run"
[[ -s far/run/DONE && -s far/away/run/DONE && ! -e '~' ]] || fail "--out means another place"
[[ -n ${NCLAB_INSIDE:-} ]] || { echo "all of it holds that could be tried"; exit 0; }

mkdir disk && mount -t tmpfs none disk || fail "mount"
"$sweep" "${flags[@]}" --seed=0,1 --out=disk/done >first 2>stderr || fail "a sweep"
"$train" "${flags[@]}" --out=disk/run >stdout 2>stderr || fail "a run"
"$train" "${flags[@]}" --steps=2000000 --time_limit=1s --out=disk/stopped >stdout 2>stderr
[[ $? == 75 ]] || fail "a run that stops"
sums() { find disk -type f -print0 | sort -z | xargs -0 sha256sum; }
before=$(sums)
mount -o remount,ro disk || fail "remount"

for program in "$train" "$sweep"; do
  refuse "$TEST_TMPDIR/disk/new" "$program" "${flags[@]}" --out=disk/new
  grep -q "Read-only file system" stderr || fail "does not say that it is read-only"
done
# What is finished can be looked at, and is an answer still; nothing can be added.
"$train" "${flags[@]}" --out=disk/run >stdout 2>stderr || fail "a finished run is not done"
"$runs" disk >stdout 2>stderr || fail "runs"
grep -q "4 runs: 3 done, 1 stopped" stdout || fail "runs shows other than it is"
refuse "Read-only file system" "$train" "${flags[@]}" --steps=2000000 --out=disk/stopped
refuse "Read-only file system" "$sweep" "${flags[@]}" --seed=0..2 --out=disk/done
refuse "Read-only file system" "$plot" disk/done
[[ $(sums) == "$before" ]] || fail "something has changed"

# Once it can be written again, all goes on.
mount -o remount,rw disk || fail "remount"
"$sweep" "${flags[@]}" --seed=0..2 --out=disk/done >stdout 2>stderr || fail "does not go on"
grep -q "1 of 3 runs to do" stderr || fail "repeats finished runs"
echo "all of it holds"
