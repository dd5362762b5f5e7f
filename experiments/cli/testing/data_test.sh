#!/bin/bash
# A run and its data: other files in their place, in another place, in several gzip
# members, nowhere. Arguments: the programs train and fig6.
train=$PWD/$1
fig6=$PWD/$2
source tools/testing/program_test.sh

# digits DIR SEED: 200 + 50 images in MNIST's layout.
digits() {
  mkdir -p "$1/mnist"
  python3 - "$1/mnist" "$2" <<'END'
import random
import struct
import sys

draw = random.Random(int(sys.argv[2]))
for split, count in ("train", 200), ("t10k", 50):
    pixels = bytes(draw.randrange(256) for _ in range(count * 784))
    labels = bytes(i % 10 for i in range(count))
    with open(f"{sys.argv[1]}/{split}-images-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">IIII", 2051, count, 28, 28) + pixels)
    with open(f"{sys.argv[1]}/{split}-labels-idx1-ubyte", "wb") as file:
        file.write(struct.pack(">II", 2049, count) + labels)
END
}
sum_of() { sha256sum "$1/mnist/train-images-idx3-ubyte" | cut -d' ' -f1; }

digits data 1
digits other 2
cp -r data same
mkdir -p members/mnist empty
for file in data/mnist/*; do
  { head -c 1000 "$file" | gzip; tail -c +1001 "$file" | gzip; gzip </dev/null; } >"members/mnist/$(basename "$file").gz"
done
flags=(--dataset=mnist --model='mlp(width=8,depth=1)' --eval_points=2 --threads=1 --fetch=never --metrics=loss)

# Stopped, then other files in their place: both sums, and nothing has changed.
run=("$train" "${flags[@]}" --steps=1000000000 --out=run)
expect 75 "" "${run[@]}" --data_dir=data --time_limit=2s
before=$(sum_of data) now=$(sum_of other)
cp run/manifest.json manifest
mv data kept && cp -r other data
expect 2 "had the SHA-256 $before (manifest.json there); $PWD/data/mnist/train-images-idx3-ubyte has $now" "${run[@]}" --data_dir=data
cmp run/manifest.json manifest || fail "the manifest has changed"
expect 75 "" "${run[@]}" --data_dir=members --time_limit=2s
rm -rf data && mv kept data

# Finished: an answer for its own data, wherever, and where there are none.
run=("$train" "${flags[@]}" --steps=5 --out=done)
expect 0 "" "${run[@]}" --data_dir=data
expect 0 "" "${run[@]}" --data_dir=same
expect 2 "was made from other data" "${run[@]}" --data_dir=other
expect 0 "" "${run[@]}" --data_dir=empty

# A place that was named is the only one, and holds this dataset's files.
expect 2 "$PWD/empty/mnist" "$train" "${flags[@]}" --steps=5 --out=none --data_dir=empty
cp -r data cut && truncate -s -1 cut/mnist/t10k-images-idx3-ubyte
expect 2 "is truncated" "$train" "${flags[@]}" --steps=5 --out=none --data_dir=cut
[[ ! -e none ]] || fail "left something behind"

# A figure takes finished runs over whose data are the same.
fig=("$fig6" --preset=smoke --seeds=0 --threads=1 --fetch=never --dataset=mnist)
expect 0 "1 of 1 runs to do" "${fig[@]}" --data_dir=data --out=out/a
expect 0 "1 of 1 runs to do" "${fig[@]}" --data_dir=other --out=out/b
expect 0 "taken over: $PWD/out/a/runs/" "${fig[@]}" --data_dir=same --out=out/c
expect 0 "taken over: $PWD/out/b/runs/" "${fig[@]}" --data_dir=other --out=out/d
expect 2 "was made from other data" "${fig[@]}" --data_dir=other --out=out/a
expect 2 "$PWD/empty/mnist" "${fig[@]}" --data_dir=empty --out=out/e
echo "all of it holds"
