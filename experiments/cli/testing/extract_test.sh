#!/bin/bash
# extract: its features measure as the run itself did; a file goes through; wrong
# weights and inputs are refused. Arguments: the programs train, extract, measure.
train=$PWD/$1
extract=$PWD/$2
measure=$PWD/$3
source tools/testing/program_test.sh

data='gaussian_etf(num_classes=4,per_class=30,test_samples=20,dim=8,ratio=0.5)'
"$train" --dataset="$data" --model='mlp(width=16,depth=2)' --steps=50 --lr=0.05 \
  --layers=all --out=run >/dev/null || fail "train"
weights=run/checkpoints/step-50.safetensors

# A checkpoint's features over the dataset give the run's own numbers.
for split in train test; do
  "$extract" --model='mlp(width=16,depth=2)' --weights=$weights --dataset="$data" --split=$split \
    --output=$split.safetensors >names || fail "extract $split"
  for name in logits features fc1 fc1.pre fc2 labels weight bias; do
    grep -q "^$name " names || { cat names; fail "no tensor $name"; }
  done
  "$measure" --features=$split.safetensors >measured || fail "measure $split"
  compared=0
  while IFS=, read -r step of layer metric anchor value; do
    [[ $step == 50 && $of == "$split" && $anchor != final && $value != nan ]] || continue
    # A file alone has no training split, to whose means or probes others go.
    [[ $metric == *_train_means ]] && continue
    [[ $split == test && ($metric == knn_accuracy || $metric == ridge_accuracy) ]] && continue
    # A file has no objective, and does not say in which order its layers lie.
    [[ $metric == objective || $metric == equi_separation_* || $metric == ncc_depth* ]] && continue
    found=$(awk -v m="$metric" -v l="$layer" -v a="$anchor" \
      '$1 == m && ((a == "" && (NF == 2 || (NF == 3 && $2 == l))) || ($2 == a && $3 == l)) { print $NF }' measured)
    [[ -n $found ]] || fail "$split: measure has no $metric of '$layer'"
    awk -v a="$value" -v b="$found" \
      'BEGIN { d = a - b; if (d < 0) d = -d; m = a < 0 ? -a : a; exit !(d <= 1e-9 * m + 1e-12) }' ||
      fail "$split: $metric of '$layer' is $found, the run says $value"
    compared=$((compared + 1))
  done <run/metrics.csv
  echo "$split: $compared numbers agree"
  ((compared > 40)) || fail "only $compared numbers were compared"
done

# A tensor file, written here byte by byte: four samples of 8 zeros.
safetensors() { # NAME SHAPE BYTES
  local header="{\"$1\":{\"dtype\":\"F32\",\"shape\":$2,\"data_offsets\":[0,$3]}}"
  printf "\\x$(printf %02x ${#header})\\x00\\x00\\x00\\x00\\x00\\x00\\x00%s" "$header"
  head -c "$3" /dev/zero
}
safetensors images '[4,8]' 128 >zeros.safetensors
"$extract" --model='mlp(width=16,depth=2)' --weights=$weights --input=zeros.safetensors \
  --output=deep/out.safetensors --layers=fc1 >names || fail "extract of a file"
grep -q '^logits *\[4, 4\]' names || { cat names; fail "logits of a file"; }
grep -q '^fc1 ' names && grep -q '^features ' names || fail "layers of a file"
grep -q '^fc2 ' names && fail "a layer that nobody asked for"

# refuse WORDS FLAGS...: exit 2, the words on standard error, nothing else.
refuse() {
  local words=$1
  shift
  timeout 60 "$extract" "$@" --output=none.safetensors >stdout 2>stderr
  [[ $? == 2 ]] || fail "$*: not refused"
  grep -qF -- "$words" stderr || fail "$*: does not say: $words"
  [[ ! -s stdout && ! -e none.safetensors ]] || fail "$*: left something"
}
of_run=(--weights=$weights --input=zeros.safetensors)
refuse "lacks the tensor 'fc3.weight'" --model='mlp(width=16,depth=3)' "${of_run[@]}"
refuse "which the model lacks" --model='mlp(width=16,depth=1)' "${of_run[@]}"
refuse "the model needs F32 [32, 8]" --model='mlp(width=32,depth=2)' "${of_run[@]}"
refuse "the model needs F32 [5, 16]" --model='mlp(width=16,depth=2,classes=5)' "${of_run[@]}"
refuse "Unknown layer 'fc9'" --model='mlp(width=16,depth=2)' "${of_run[@]}" --layers=fc9
refuse "--weights=" --model=mlp --input=zeros.safetensors
refuse "one of --input" --model=mlp --weights=$weights
refuse "nowhere.safetensors" --model=mlp --weights=$weights --input=nowhere.safetensors
safetensors pictures '[4,8]' 128 >other.safetensors
refuse "lacks the tensor 'images'; it has: pictures" --model=mlp --weights=$weights --input=other.safetensors
safetensors images '[4,2,4]' 128 >flat.safetensors
refuse "expected floating numbers" --model=mlp --weights=$weights --input=flat.safetensors
mkfifo weights.fifo
refuse "weights.fifo is a pipe" --model=mlp --weights=weights.fifo --input=zeros.safetensors
refuse "weights.fifo is a pipe" --model=mlp --weights=$weights --input=weights.fifo
refuse "expected train or test" --model=mlp --weights=$weights --dataset="$data" --split=dev
# What an output must not replace: what is no file, and the inputs, by whatever
# name; and links are written through.
mlp='mlp(width=16,depth=2)'
refuse_output() { # WORDS OUTPUT
  "$extract" --model="$mlp" "${of_run[@]}" --output="$2" >stdout 2>stderr
  [[ $? == 2 && ! -s stdout ]] || fail "--output=$2: not refused"
  grep -qF -- "$1" stderr || fail "--output=$2: does not say: $1"
}
mkdir -p directory far/away
mkfifo fifo
ln -s /dev/null null
ln -s zeros.safetensors to_input
ln zeros.safetensors hard_to_input
ln -s far/away link
before=$(cat $weights zeros.safetensors | cksum)
refuse_output 'directory is a directory' directory
refuse_output 'names a directory' new/
refuse_output 'fifo is a pipe' fifo
refuse_output 'null is a device' null
refuse_output 'is a device' /dev/full
for name in $weights zeros.safetensors to_input hard_to_input link/../../zeros.safetensors; do
  refuse_output 'one of the inputs' $name
done
[[ -p fifo && -c /dev/full && $(cat $weights zeros.safetensors | cksum) == "$before" ]] ||
  fail "an output replaced something"
ln -s far/target through
for output in through link/../same '~/home' "$(printf '%0250d' 0)"; do
  HOME=$PWD/far/away "$extract" --model="$mlp" "${of_run[@]}" --output="$output" >/dev/null ||
    fail "--output=$output"
done
[[ -L through ]] || fail "a link was replaced"
for file in far/target far/same far/away/home "$(printf '%0250d' 0)"; do
  cmp "$file" far/target || fail "$file was not written"
done
[[ ! -e same && ! -e '~' ]] || fail "a path meant something else"
echo "all of it holds"
