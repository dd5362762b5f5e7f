#!/bin/bash
# The kept results: each is redrawn from its records, to the same points and
# verdicts. With `browser`, Chromium opens every page, wide and light, narrow and
# dark, without a network: it must draw, and say nothing in the console.
# Arguments: the program plot, the results' folder, [browser].
plot=$PWD/$1
results=$PWD/$2
browser=${3:-}
source tools/testing/program_test.sh

# same_claims A B: the same but for the last digits of a logarithm.
same_claims() {
  python3 - "$1" "$2" <<'EOF'
import json, math, sys

def same(a, b):
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return a == b

a, b = (json.load(open(path)) for path in sys.argv[1:])
sys.exit(not same(a, b))
EOF
}

# open PAGE WIDTH light|dark: what data-drawn of the figure is, on standard output.
open() {
  local scheme=1
  [[ $3 == dark ]] && scheme=0
  timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$TEST_TMPDIR/profile" \
    --virtual-time-budget=20000 --window-size="$2,1000" --blink-settings=preferredColorScheme=$scheme \
    --enable-logging=stderr --dump-dom "file://$1" >dom 2>log || fail "$1: chromium"
  grep 'CONSOLE' log && fail "$1 ($2 pixels, $3): something in the console"
  grep -o 'data-drawn="[^"]*"' dom | cut -d'"' -f2
  grep -q '<svg[^>]*class="marks"' dom || fail "$1 ($2 pixels, $3): no picture"
}

if [[ $browser == browser ]]; then
  chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    fail "needs Chromium, as Debian's package chromium"
fi
found=0
for record in "$results"/fig*/experiment.json; do
  figure=$(basename "$(dirname "$record")")
  cp -rL "$results/$figure" "$figure" && chmod -R u+w "$figure"
  python3 - "$figure" <<'PY' || fail "$figure: see above"
import json, sys, zlib
packed = json.load(open(sys.argv[1] + "/runs.json"))["runs"]
for run in packed:
    text = json.dumps(run["spec"], indent=2, ensure_ascii=False) + "\n"
    assert f"{zlib.crc32(text.encode()):08x}" == run["directory"][-8:], f"{run['directory']} is not that of its spec"
names = {run["directory"] for run in json.load(open(sys.argv[1] + "/experiment.json"))["runs"]}
there = {run["directory"] for run in packed}
assert there <= names, f"nobody asked for {there - names}"
PY
  "$plot" "$figure" >stdout 2>stderr || fail "$figure: plot"
  cmp "$figure/figure.csv" "$results/$figure.csv" || fail "$figure.csv is not what its records give"
  same_claims "$figure/claims.json" "$results/$figure/claims.json" || fail "$figure: other verdicts than were kept"
  found=$((found + 1))
  [[ $browser == browser ]] || continue
  [[ $(open "$PWD/$figure/report.html" 1300 light) == *light ]] || fail "$figure: not drawn"
  [[ $(open "$PWD/$figure/report.html" 500 dark) == "1 dark" ]] || fail "$figure: not in one column, dark"
done
[[ $found -gt 0 ]] || fail "there are no results"
echo "$found results are as they were kept"
