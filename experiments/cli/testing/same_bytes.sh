#!/bin/bash
# Whether runs on this machine's device give the same bytes, metrics and weights:
# given twice, with the step recorded and not, and killed and gone on with.
#
#   ./bazelw run //tools:same_bytes -- [--device=auto] [MODEL=STEPS ...]
#
# Ends with 1 if bytes differ where they must not. The first argument, which bazel
# gives, is the program train.
set -u
train=$(realpath "$1")
shift
device=auto models=()
for argument in "$@"; do
  case $argument in
  --device=*) device=${argument#*=} ;;
  -*) echo "Unknown flag $argument; there is --device=NAME, then MODEL=STEPS." >&2; exit 2 ;;
  *)
    [[ $argument =~ .=[1-9][0-9]*$ ]] || { echo "'$argument' is not MODEL=STEPS, as resnet18=300." >&2; exit 2; }
    models+=("$argument")
    ;;
  esac
done
((${#models[@]})) || models=('mlp(width=1024,depth=3)=6000' resnet18=1200 vgg11_bn=300 densenet201=150)
# Outside bazel's tree, so that the caller's directory does not matter.
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export BUILD_WORKING_DIRECTORY=$out
cd "$out" || exit 1
failed=0

choose() {  # MODEL=STEPS
  model=${1%=*} steps=${1##*=}
  flags=(--dataset='synthetic_images(train=1280,test=256)' --device="$device" --eval_points=5 --lr=0.01
    --model="$model" --steps="$steps")
}
become() {  # DIRECTORY FLAGS...
  exec "$train" "${flags[@]}" --save_steps=$((steps / 3)) --out="$@" >/dev/null 2>"$out/stderr"
}
run() { (become "$@"); }
must() { "$@" || { echo "$model: a run ended with $?"; cat "$out/stderr"; exit 1; }; }
compare() {  # WORDS DIRECTORY
  local file verdict="same bytes"
  for file in metrics.csv "checkpoints/step-$steps.safetensors"; do
    cmp -s "first/$file" "$2/$file" || verdict="DIFFERENT: $file"
  done
  [[ $verdict == same* ]] || failed=1
  printf '%-28s %-32s %s\n' "$model" "$1" "$verdict"
  rm -r "$2"
}

for choice in "${models[@]}"; do
  choose "$choice"
  echo "$model: four runs of $steps steps" >&2
  SECONDS=0
  must run first
  echo "$model: the first took $SECONDS s; the others will take about $((3 * SECONDS)) s" >&2
  must run again
  compare "given twice" again
  must run plain --cuda_graph=off
  compare "the step recorded, not recorded" plain
  (become killed) &
  job=$!
  until [[ -e killed/checkpoints/step-$((steps / 3)).safetensors ]] || ! kill -0 $job 2>/dev/null; do sleep 0.01; done
  kill -9 $job
  wait $job 2>/dev/null
  (($? == 128 + 9)) || { echo "$model: over before it was killed: more steps"; failed=1; }
  must run killed
  compare "killed, and gone on with" killed
  rm -r first
done

exit $failed
