#!/bin/bash
# What many runs cost: figure 6's MLP side by side, checkpoints, planning, start.
#   many_runs slots [PAIRS] | checkpoints MODEL DATASET STEPS | plan | start
# Everything is written below a directory that is removed at the end.
set -eu
programs=$PWD/experiments/cli  # under `bazel run`
[[ -x $programs/train ]] || programs=$(cd "$0.runfiles/nclab/experiments/cli" && pwd)
train=$programs/train sweep=$programs/sweep what=${1:-}
shift $(($# < 1 ? $# : 1))
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mlp=(--model='mlp(width=1024,depth=3)' --dataset='mnist(train_per_class=100,test_per_class=20)'
  --eval_points=2 --metrics=loss)
of() { sed -n "s/.*\"$1\": \([-0-9.e]*\),*/\1/p" "$2"/manifest.json; }
run() {  # NAME FLAGS...
  local name=$1
  shift
  "$train" "$@" --out="$out/$name" >/dev/null 2>"$out/$name.err" || { cat "$out/$name.err" >&2; exit 1; }
}

case $what in
  slots)  # In turn: one run with two threads; two runs with one each at a time.
    ratios=
    for pair in $(seq "${1:-6}"); do
      run "a$pair" "${mlp[@]}" --threads=2 --steps=600
      run "b$pair" "${mlp[@]}" --threads=1 --steps=300 --seed=1 &
      run "c$pair" "${mlp[@]}" --threads=1 --steps=300 --seed=2
      wait
      one=$(of steps_per_second "$out/a$pair")
      two=$(awk "BEGIN { print $(of steps_per_second "$out/b$pair") + $(of steps_per_second "$out/c$pair") }")
      ratio=$(awk "BEGIN { printf \"%.3f\", $two / $one }")
      ratios+="$ratio "
      printf 'one run, two threads: %.1f steps/s; two runs, a thread each: %.1f; ratio %s\n' "$one" "$two" "$ratio"
    done
    tr ' ' '\n' <<<"$ratios" | sed '/^$/d' | sort -n |
      awk '{ a[NR] = $1 } END { print "median ratio", (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2 }'
    ;;
  checkpoints)
    run run --model="$1" --dataset="$2" --steps="$3" --eval_points=2 --metrics=loss --threads=2
    awk -v c="$(of seconds_in_checkpoints "$out/run")" -v s="$3" -v r="$(of steps_per_second "$out/run")" \
      'BEGIN { printf "%.3f s of %.1f s in checkpoints: %.3f %%\n", c, s / r, 100 * c * r / s }'
    du -b "$out"/run/checkpoints/*
    ;;
  plan)
    time "$sweep" "${mlp[@]}" --lr=0.001,0.01 --seed=0..4999 --plan --out="$out/plan" | tail -1
    ;;
  start)  # The whole of a run of one step, its process and both evaluations included.
    time run one --model='mlp(width=1024,depth=3)' --dataset='mnist(train_per_class=600)' --eval_points=2 \
      --metrics=loss --threads=2 --steps=1
    echo "to its loop: $(of seconds_to_begin "$out/one") s"
    ;;
  *)
    sed -n 2,4p "$0" >&2
    exit 2
    ;;
esac
