#!/bin/bash
# A day at its smallest, on the CPU: stopped, gone on with, done; packed and run
# from the archive. Argument: gpu_day.py.
script=$PWD/$1
libtorch=$(echo "$PWD"/_solib*/libtorch/torch)
source tools/testing/program_test.sh
day() { python3 "$script" --device=cpu --preset=smoke --out=out "$@"; }

expect 2 "--only has 'fig9'; items begin with" day --only=fig9
expect 2 "expected a duration" day --time_limit=soon
expect 2 "Nothing can be computed on --device=cuda:99" day --device=cuda:99

# No time: everything is left.
expect 75 "" day --only=fig6,same_bytes-mlp --time_limit=0s
grep -q "2 of 2 items are left" stdout || fail "does not say what is left"

# Stopped while the first of a figure's five runs is made: the figure is begun.
python3 "$script" --device=cpu --preset=smoke --out=out --only=fig4 >stdout 2>stderr &
job=$!
until compgen -G "out/fig4-text/runs/*" >names || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
kill -TERM $job
wait $job
(($? == 75)) || fail "stopped, it did not end with 75"
grep -q "| fig4-left | begun |" stdout || fail "the figure was not begun"
[[ ! -e out/fig4-text/claims.json ]] || fail "the figure was over before it was stopped"
expect 0 "fig4-left: " day --only=fig4
grep -q "| fig4-left | done |" stdout || fail "the figure was not gone on with"

expect 0 "" day --only=fig6,same_bytes-mlp,test-device_test
grep -q "Nothing is left" stdout || fail "something is left"
grep -q "same bytes" out/items/same_bytes-mlp.txt || fail "no answer of same_bytes"
grep -q '"verdict"' out/fig6-text/claims.json || fail "no verdicts"
expect 0 "" day --only=fig6,same_bytes-mlp,test-device_test
[[ ! -s stderr ]] || fail "what is done was done again"

# What failed is not tried again, and is said each time.
echo '{"state": "failed", "last_line": "of yore"}' >out/items/same_bytes-convnet.json
for call in 1 2; do
  expect 1 "" day --only=same_bytes-convnet
  grep -q "same_bytes-convnet failed: of yore" stdout || fail "hides a failure"
done

# The small files are enough for another machine to know what is done.
tar tzf out/small.tar.gz >names
grep -q 'fig6-text/runs/.*/metrics.csv' names || fail "no rows among the small files"
grep -q safetensors names && fail "weights among the small files"
mkdir elsewhere
tar xzf out/small.tar.gz -C elsewhere
rm elsewhere/items/fig6.json
python3 "$script" --device=cpu --preset=smoke --out=elsewhere --only=fig6 >stdout 2>stderr || fail "elsewhere"
grep -q "0 of 1 runs to do" elsewhere/items/fig6.txt || fail "runs were made again"

# Packed, without LibTorch: its own programs do the same with one that is named.
expect 0 "" day --pack=packed.tar.xz
tar xJf packed.tar.xz
find nclab-gpu_day -name 'libtorch*' | grep -q . && fail "LibTorch is in the archive"
packed() { nclab-gpu_day/gpu_day --device=cpu --preset=smoke --out=packed --only=fig6,test-gpu_test "$@"; }
expect 2 "find LibTorch by --libtorch=DIR" packed
expect 0 "fig6: " packed --libtorch="$libtorch"
[[ -s packed/fig6-text/claims.json ]] || fail "the archive's programs wrote nothing"
