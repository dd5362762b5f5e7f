#!/bin/bash
# Every dependency is pinned; and one without a sum would be found.
# Arguments: this workspace's WORKSPACE, pinned_test.py.
set -u
check=$(readlink -f "$2")
cd "$(dirname "$(readlink -f "$1")")" || exit 1
python3 "$check" third_party || exit 1

cp -R third_party "$TEST_TMPDIR/third_party"
sed -i '/sha256 = /d' "$TEST_TMPDIR/third_party/zlib/repo.bzl"
sed -i 's/--hash.*//' "$TEST_TMPDIR/third_party/vl_convert/requirements.txt"
sed -i '/debian_package/d' "$TEST_TMPDIR/third_party/glog/repo.bzl"
found=$(python3 "$check" "$TEST_TMPDIR/third_party")
for expected in "zlib: no sum" "vl_convert: vl-convert-python" "glog: no second source"; do
  [[ $found == *"$expected"* ]] || { echo "FAILED: does not say: $expected. Says: $found"; exit 1; }
done
