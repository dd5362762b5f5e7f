#!/bin/bash
# The program measure: what it refuses, and how; that .npy files give what a
# safetensors file gives; --details. Argument: the program.
measure=$PWD/$1
source tools/testing/program_test.sh
mkdir user
export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR/user  # as bazel run sets it

# write.py FILE NAME DTYPE SHAPE NUMBERS [NAME DTYPE SHAPE NUMBERS]...: a
# safetensors file, or of one tensor an .npy file.
cat >write.py <<'END'
import json, struct, sys

CODES = {"F32": "f", "F64": "d", "I64": "q", "U8": "B", "I32": "i", "I4": "b"}  # I4 is made up
NPY = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "|u1", "I32": "<i4"}
path, words = sys.argv[1], sys.argv[2:]
header, data = {}, b""
for name, dtype, shape, numbers in zip(*[iter(words)] * 4):
    number = int if dtype[0] in "IU" else float
    values = [number(word) for word in numbers.split(",") if word]
    bytes_ = struct.pack("<%d%s" % (len(values), CODES[dtype]), *values)
    shape = [int(n) for n in shape.split(",")]
    header[name] = {"dtype": dtype, "shape": shape,
                    "data_offsets": [len(data), len(data) + len(bytes_)]}
    data += bytes_
if path.endswith(".npy"):
    text = "{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }" % (
        NPY[dtype], ", ".join(map(str, shape)))
    text += " " * (-(len(text) + 11) % 64) + "\n"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data
else:
    text = json.dumps(header).encode()
    data = struct.pack("<Q", len(text)) + text + data
open("user/" + path, "wb").write(data)
END
write() { python3 write.py "$@" || exit 1; }

features=(features F64 4,2 0,1,1,0,5,5,6,6)
labels=(labels I64 4 0,0,1,1)
write good.safetensors "${features[@]}" "${labels[@]}" weight F32 2,2 1,0,0,1 bias F32 2 0.25,1
"$measure" --features=good.safetensors --json >good.json || fail "good.safetensors"

# .npy files give the same bytes.
write x.npy "${features[@]}"
write y.npy "${labels[@]}"
write w.npy weight F32 2,2 1,0,0,1
write b.npy bias F32 2 0.25,1
"$measure" --features=x.npy --labels=y.npy --weight=w.npy --bias=b.npy --json >npy.json ||
  fail "x.npy"
cmp good.json npy.json || fail "npy files give other numbers"

# So do a folder of them and an .npz, whatever else they hold.
mkdir user/folder
for tensor in x:features y:labels w:weight b:bias; do
  cp "user/${tensor%:*}.npy" "user/folder/${tensor#*:}.npy"
done
printf '\x93NUMPY\x01\x00\x76\x00%-117s\nname' \
  "{'descr': '|S4', 'fortran_order': False, 'shape': (1,)}" >user/folder/files.npy
"$measure" --features=folder --json | cmp - good.json || fail "a folder"
for kind in STORED DEFLATED; do
  python3 - user/folder "user/$kind.npz" "ZIP_$kind" <<'END'
import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", getattr(zipfile, sys.argv[3])) as archive:
    for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        archive.write(file, file.name)
END
  "$measure" --features="$kind.npz" --json | cmp - good.json || fail "$kind.npz"
done

python3 - good.json <<'END' || fail "good.json"
import json, sys
rows = {(m["metric"], m["anchor"]): m["value"] for m in json.load(open(sys.argv[1]))["metrics"]}
assert rows["within_variance", "own"] == 0.5, rows
assert rows["accuracy", ""] == 0.75, rows
assert ("weak_variance_ratio", "final") in rows, rows
assert len(rows) == 39, len(rows)
END

# Two of the files are links, which stay.
mkdir -p user/out/details user/far/away
ln -s ../../far/table.csv user/out/details/classes.csv
ln -s ../../far/picture.png user/out/details/figure.png
"$measure" --features=good.safetensors --details=out/details >/dev/null || fail "--details"
for file in details.safetensors classes.csv spectrum.csv figure.svg figure.png figure.pdf figure.vl.json; do
  [[ -s user/out/details/$file ]] || fail "--details wrote no $file"
done
[[ -L user/out/details/classes.csv && -L user/out/details/figure.png ]] || fail "a link was replaced"
[[ -s user/far/table.csv && -s user/far/picture.png ]] || fail "a link was not written through"

# refuse WORDS FLAGS...: exit 2, the words on standard error, nothing else.
refused=0
refuse() {
  local words=$1
  shift
  timeout 60 "$measure" "$@" --json >stdout 2>stderr
  local status=$?
  [[ $status == 2 ]] || fail "$*: exit $status, not 2"
  [[ ! -s stdout ]] || fail "$*: writes to standard output"
  grep -qF -- "$words" stderr || fail "$*: does not say: $words"
  (($(wc -l <stderr) <= 5)) || fail "$*: says too much"
  refused=$((refused + 1))
}
# bad WORDS TENSORS...: a safetensors file that is refused by its name.
bad() {
  local words=$1
  shift
  write bad.safetensors "$@"
  refuse "$words" --features=bad.safetensors
  grep -q bad.safetensors stderr || fail "does not name the file"
}

refuse 'Which features' --labels=y.npy
refuse '--featurs' --featurs=good.safetensors
refuse 'none.safetensors' --features=none.safetensors
refuse 'none.npy' --features=none.npy --labels=y.npy
refuse '--labels' --features=x.npy
refuse '--labels' --features=good.safetensors --labels=y.npy
refuse "Unknown metric 'nc5'" --features=good.safetensors --metrics=nc5
refuse 'write/details' --features=good.safetensors --details=/proc/no-write/details

bad 'nan in row 2, column 1' features F32 4,2 0,1,1,0,5,nan,6,6 "${labels[@]}"
bad 'inf in row 0, column 0' features F64 4,2 inf,1,1,0,5,5,6,6 "${labels[@]}"
bad 'their squares overflow' features F64 4,2 1e200,1,1,0,5,5,-1e200,6 "${labels[@]}"
bad 'holds numbers of size' features F64 4,2 0,1e100,1e100,0,5e100,5e100,6e100,6e100 "${labels[@]}"
bad 'holds numbers of size' features F64 4,2 0,1e-90,1e-90,0,5e-90,5e-90,6e-90,6e-90 "${labels[@]}"
bad "tensor 'weight' holds numbers of size 1e-100" "${features[@]}" "${labels[@]}" weight F64 2,2 1e-100,0,0,1e-100
bad "tensor 'weight' holds nan" "${features[@]}" "${labels[@]}" weight F32 2,2 1,nan,0,1
bad "tensor 'bias' holds inf" "${features[@]}" "${labels[@]}" weight F32 2,2 1,0,0,1 bias F32 2 0,inf
bad "tensor 'logits' holds nan" "${features[@]}" "${labels[@]}" logits F32 4,2 1,0,nan,1,0,0,0,0
bad "tensor 'final_features' holds nan" "${features[@]}" "${labels[@]}" final_features F64 4,2 0,1,1,0,5,nan,6,6
bad '-1 in row 1' "${features[@]}" labels I64 4 0,-1,1,1
bad 'expected 0 to 1' "${features[@]}" labels U8 4 0,2,1,1 weight F32 2,2 1,0,0,1
bad "no tensor 'labels'" "${features[@]}"
bad "no tensor 'features'" "${labels[@]}"
bad "tensor 'features' is [4, 2] F64; expected [3" "${features[@]}" labels I64 3 0,0,1
bad "tensor 'labels' is [4] F32" "${features[@]}" labels F32 4 0,0,1,1
bad "tensor 'labels' is [4] I4; expected" "${features[@]}" labels I4 4 0,0,1,1
bad "tensor 'labels' is [4, 1]" "${features[@]}" labels I64 4,1 0,0,1,1
bad "tensor 'features' is [8]" features F64 8 0,1,1,0,5,5,6,6 "${labels[@]}"
bad "tensor 'features' is [4, 2] I32" features I32 4,2 0,1,1,0,5,5,6,6 "${labels[@]}"
bad "tensor 'features' is [0, 2]" features F64 0,2 '' labels I64 0 ''
bad "tensor 'features' is [4, 0]" features F64 4,0 '' "${labels[@]}"
bad "tensor 'weight' is [2, 3]" "${features[@]}" "${labels[@]}" weight F32 2,3 1,0,0,1,0,0
bad "tensor 'bias' is [3]" "${features[@]}" "${labels[@]}" weight F32 2,2 1,0,0,1 bias F32 3 0,1,2
bad "tensor 'logits' is [3, 2]" "${features[@]}" "${labels[@]}" logits F32 3,2 1,0,0,1,0,0
bad "tensor 'final_features' is [4, 1]" "${features[@]}" "${labels[@]}" final_features F64 4,1 0,1,1,0

# Headers that lie, and files cut short.
lie() { # WORDS OLD NEW
  python3 - "$2" "$3" <<'END' || exit 1
import struct, sys
data = open("user/good.safetensors", "rb").read()
size = struct.unpack("<Q", data[:8])[0]
header = data[8:8 + size].decode().replace(*sys.argv[1:], 1).encode()
open("user/bad.safetensors", "wb").write(struct.pack("<Q", len(header)) + header + data[8 + size:])
END
  refuse "$1" --features=bad.safetensors
  grep -q bad.safetensors stderr || fail "does not name the file"
}
lie 'its shape and dtype need' '[4, 2]' '[4, 3]'
lie 'no whole number' '[4, 2]' '[4.5, 2]'
lie 'no whole number' '[4, 2]' '[-4, -2]'
lie 'overflows' '[4, 2]' '[4611686018427387904, 4]'
lie "tensor 'features' is [4, 2] F65; expected" 'F64' 'F65'
lie 'data_offsets' '[0, 64]' '[64, 0]'
lie 'is not JSON' '{' '{{'
lie 'bytes of data' '[0, 64]' '[0, 6400]'
size=$(stat -c %s user/good.safetensors)
for length in 0 7 8 100 $((size - 1)); do
  head -c "$length" user/good.safetensors >user/bad.safetensors
  refuse 'bad.safetensors is not a valid safetensors file' --features=bad.safetensors
done
(head -c 8 /dev/zero | tr '\0' '\377'; tail -c +9 user/good.safetensors) >user/bad.safetensors
refuse 'it says that its header has' --features=bad.safetensors
for length in 0 9 60 $(($(stat -c %s user/x.npy) - 1)); do
  head -c "$length" user/x.npy >user/bad.npy
  refuse 'bad.npy is not a valid .npy file' --features=bad.npy --labels=y.npy
done
refuse 'bad.npy' --features=x.npy --labels=bad.npy
# What is no file is refused at once, under whatever flag.
mkfifo user/fifo user/fifo.npy
ln -s /dev/zero user/device.npy
refuse 'user/fifo is a pipe' --features=fifo
refuse '/dev/zero is a device' --features=/dev/zero
mkdir user/nothing
refuse 'user/nothing is a folder without .npy files' --features=nothing
refuse 'standard input' --features=-
refuse 'standard input' --features=/dev/stdin
refuse 'fifo.npy is a pipe' --features=fifo.npy --labels=y.npy
for flag in labels logits weight bias final_features; do
  other=--labels=y.npy
  [[ $flag == labels ]] && other=--metrics=all
  refuse 'device.npy is a device' --features=x.npy "$other" --$flag=device.npy
done
refuse 'names no metric' --features=good.safetensors --metrics=,
refuse 'is empty' --features=good.safetensors --metrics=

# What --details would replace that is no file, or that is being read.
mkdir -p user/taken/figure.svg user/pipes user/own
mkfifo user/pipes/classes.csv
cp user/good.safetensors user/own/input.safetensors
ln user/own/input.safetensors user/own/spectrum.csv
refuse 'taken/figure.svg is a directory' --features=good.safetensors --details=taken
refuse 'pipes/classes.csv is a pipe' --features=good.safetensors --details=pipes
refuse 'one of the inputs' --features=own/input.safetensors --details=own
cmp -s user/good.safetensors user/own/spectrum.csv || fail "an input was overwritten"
(($(find user/taken user/pipes user/own -mindepth 1 | wc -l) == 4)) || fail "a refusal left files"
echo "$refused refusals"

# Paths are what the kernel takes them for, and `~` is the home directory. Every
# CSV quotes.
ln -s far/away user/link
cp user/good.safetensors user/far/good.safetensors
cmp <("$measure" --features=link/../good.safetensors --json) good.json || fail "link/.."
write odd.safetensors "${features[@]}" "${labels[@]}" 'features.mlp(width=2,depth=1), "a"' F64 4,1 0,1,5,6
HOME=$PWD/user "$measure" --features='~/odd.safetensors' --details='~/odd' >/dev/null || fail "a literal ~"
[[ ! -e user/~ ]] || fail "made a directory called ~"
python3 - <<'END' || fail "the tables do not parse"
import csv
for name, width in ("classes", 11), ("spectrum", 3):
    rows = list(csv.reader(open("user/odd/%s.csv" % name)))
    assert {len(row) for row in rows} == {width}, rows
    assert {row[0] for row in rows[1:]} == {"features", 'mlp(width=2,depth=1), "a"'}, rows
END
# What would not fit into the memory is refused before it is read: 10,001 classes
# in as many dimensions, in a file with a hole.
python3 - <<'END' || exit 1
import json, struct
n = 10001
text = json.dumps({"labels": {"dtype": "I64", "shape": [n], "data_offsets": [0, 8 * n]},
                   "features": {"dtype": "F16", "shape": [n, n], "data_offsets": [8 * n, 8 * n + 2 * n * n]}}).encode()
with open("user/large.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + struct.pack("<%dq" % n, *range(n)))
    f.truncate(8 + len(text) + 8 * n + 2 * n * n)
END
refuse '10001 classes; of 10001 vectors a Gram matrix would be of 800 MB' --features=large.safetensors

# Two files are two splits.
write test.safetensors features F64 3,2 0,0,5,6,6,5 labels I64 3 0,1,0
"$measure" --features=good.safetensors --test=test.safetensors --json >two.json || fail "--test"
python3 - <<'END' || fail "two.json"
import json
one = json.load(open("good.json"))
two = json.load(open("two.json"))
for key in "metrics", "k_means":  # the training split is as if it were alone
    of_train = [row for row in two[key] if row["split"] == "train"]
    assert [dict(row, split="train") for row in one[key]] == of_train, key
rows = {(m["metric"], m["anchor"]): m["value"] for m in two["metrics"] if m["split"] == "test"}
assert rows["ncc_accuracy_train_means", "own"] == 2 / 3, rows
assert rows["knn_accuracy", ""] == 2 / 3, rows
assert rows["cdnv_train_means", "own"] is not None, rows
assert ("weak_variance_ratio", "final") in rows and ("variance_ratio", "own") in rows, rows
assert rows["nc3_self_duality", "own"] is not None, rows  # weight of the other file
END
"$measure" --features=good.safetensors --test=test.safetensors --details=both >table || fail "--test as a table"
grep -q '^test *knn_accuracy' table || fail "the table does not name the split"
grep -q '^test.features,0,2,' user/both/classes.csv || fail "no details of the test split"
refuse 'none.safetensors' --features=good.safetensors --test=none.safetensors
refuse 'x.npy is an .npy file' --features=good.safetensors --test=x.npy
write wide.safetensors features F64 1,3 0,0,5 labels I64 1 0
refuse 'wide.safetensors' --features=x.npy --labels=y.npy --test=wide.safetensors
bad "tensor 'fine_labels' is [3]" "${features[@]}" "${labels[@]}" fine_labels I64 3 0,1,2
write fine.npy fine I64 4 0,0,1,1
write joined.npy joined I64 4 0,0,0,0
"$measure" --features=x.npy --labels=joined.npy --fine_labels=fine.npy --metrics=ridge_accuracy --json >fine.json ||
  fail "--fine_labels"
grep -q '"value": 1.0' fine.json || { cat fine.json; fail "fine labels of .npy"; }

bad "layer 'features' twice" "${features[@]}" "${labels[@]}" features.features F64 4,1 0,1,5,6

# Anchors are per layer, and a stray one is said.
write finals.safetensors "${features[@]}" "${labels[@]}" final_features F64 4,2 0,1,1,0,5,5,6,6 \
  features.fc1 F64 4,1 0,1,5,6 final_fc1 F64 4,1 0,1,5,6
"$measure" --features=finals.safetensors >table 2>stderr || fail "finals of one layer"
[[ $(grep -c '^variance_ratio  *final  *features' table) == 1 ]] || { cat table; fail "no final row"; }
[[ $(grep -c '^variance_ratio' table) == 3 ]] || { cat table; fail "rows of variance_ratio"; }
grep -q "'final_fc1' belongs to no layer" stderr || fail "a stray tensor is not said"

# Tensors that nobody asked for: many, and of any type.
python3 - <<'END' || exit 1
import json, struct
data = open("user/good.safetensors", "rb").read()
size = struct.unpack("<Q", data[:8])[0]
header, data = json.loads(data[8:8 + size]), data[8 + size:]
for dtype, shape, length in ("F4", [4], 2), ("F6_E2M3", [4], 3), ("F8_E8M0", [3], 3), ("NEW", [7], 1):
    header["other." + dtype] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + length]}
    data += bytes(length)
for i in range(99000):
    header["layer.%d" % i] = {"dtype": "U8", "shape": [0], "data_offsets": [len(data)] * 2}
text = json.dumps(header).encode()
open("user/many.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)
END
timeout 30 "$measure" --features=many.safetensors --json | cmp - good.json || fail "99,000 tensors"

# NumPy's reader takes these headers.
npy() { # FILE HEADER OF
  python3 - "$@" <<'END' || exit 1
import struct, sys
path, header, source = sys.argv[1:]
data = open("user/" + source, "rb").read()
data = data[10 + struct.unpack("<H", data[8:10])[0]:]
if "True" in header:  # [4, 2] of 8 bytes, columns first
    data = b"".join(data[8 * (2 * i + j):][:8] for j in range(2) for i in range(4))
if "'>" in header:
    data = b"".join(data[i:i + 8][::-1] for i in range(0, len(data), 8))
open("user/" + path, "wb").write(b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header.encode() + data)
END
}
"$measure" --features=x.npy --labels=y.npy --json >npy.json || fail "x.npy"
for header in '{"shape":(4,2),"descr":"<f8","fortran_order":False}' \
  "{ 'fortran_order' : True, 'shape' : (4L, 2L) , 'descr' : '<f8' , }" \
  "{'descr': '>f8', 'fortran_order': False, 'shape': (4, 2)}" \
  "{'descr': '>f8', 'fortran_order': True, 'shape': (4, 2)}" \
  "{'descr': '=f8', 'fortran_order': False, 'shape': (4, 2)}" \
  "{'descr': 'float64', 'fortran_order': False, 'shape': (4, 2)}"; do
  npy any.npy "$header" x.npy
  "$measure" --features=any.npy --labels=y.npy --json | cmp - npy.json || fail "$header"
done
npy any.npy "{'descr': '<c16', 'fortran_order': False, 'shape': (4, 1)}" x.npy
refuse "numbers of type '<c16'" --features=any.npy --labels=y.npy

# What has an answer, though not for every metric.
# value METRIC [ANCHOR]: of the last file.
answer() {
  write odd.safetensors "$@"
  "$measure" --features=odd.safetensors --json >odd.json || fail "refused: $*"
}
expect() { # METRIC ANCHOR VALUE-OR-REASON
  python3 - "$@" <<'END' || fail "$*"
import json, sys
rows = json.load(open("odd.json"))["metrics"]
row = [m for m in rows if [m["metric"], m["anchor"]] == sys.argv[1:3]]
got = row[0]["value"] if row[0]["value"] is not None else row[0]["undefined"]
print(sys.argv[1], got)
if isinstance(got, str):
    assert sys.argv[3] in got, got
else:
    assert abs(got - float(sys.argv[3])) < 1e-12 * max(1, abs(got)), got
END
}
# One class.
answer "${features[@]}" labels I64 4 7,7,7,7
expect within_variance own 13
for metric in variance_ratio between_variance cdnv nc1_pinv_trace nc4_ncc_mismatch ncc_accuracy; do
  [[ $metric == nc4* ]] || expect $metric own 'fewer than two classes'
done
for metric in nc2_equinorm_means nc2_cos_std_means nc2_max_angle_means nc2_etf_error_means; do
  expect $metric own 'fewer than two'
done
expect weak_variance_ratio final 'fewer than two classes'
# A class without samples (row 1 of W), one with a single one.
answer features F64 3,1 0,2,7 labels I64 3 0,0,2 weight F64 3,1 1,5,2
expect variance_ratio own "$(python3 -c 'print(2 / 3 / 9)')"
expect cdnv own "$(python3 -c 'print(1 / 72)')"
expect nc2_equinorm_weights '' "$(python3 -c 'print((26/9) ** .5 / (8/3))')"
# The class means coincide, but for rounding.
answer features F64 6,1 0.1,0.2,0.7,0.7,0.2,0.1 labels I64 6 0,0,0,1,1,1
expect between_variance own 0
for metric in variance_ratio cdnv nc1_pinv_trace ncc_accuracy; do
  expect $metric own 'coincide'
done
for metric in nc2_etf_error_means nc2_equinorm_means; do
  expect $metric own 'every vector is zero'
done
# N <= D, and constant dimensions.
answer features F64 3,5 1,0,9,9,9,3,0,9,9,9,2,4,9,9,9 labels I64 3 0,0,1
expect variance_ratio own "$(python3 -c 'print(2 / 3 / 4)')"
expect nc1_pinv_trace own 0
expect ncc_accuracy own 1
