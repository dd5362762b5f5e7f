#!/bin/bash
# What every program owes: its version, no flags but its own, an answer that arrives or a word about it.
# Arguments: the programs.
programs=()
for program in "$@"; do programs+=("$PWD/$program"); done
source tools/testing/program_test.sh

for program in "${programs[@]}"; do
  name=$(basename "$program")
  "$program" --version >stdout 2>stderr || fail "$name --version: exit $?"
  grep -qE "^$name \(nclab\) [0-9]+\.[0-9]+" stdout || fail "$name --version"
  [[ $(wc -l <stdout) == 1 && ! -s stderr ]] || fail "$name --version says more"
  case $name in
    extract | fig6 | list | sweep | train) expect 2 "$name takes flags only; what is 'stray'? See --help." "$program" stray ;;
  esac
  for flag in --helpfull --helpshort --helpxml --fromenv=PATH --flagfile=missing --undefok=x --logtostderr --v=1 --nothing; do
    "$program" $flag >stdout 2>stderr
    [[ $? == 2 ]] || fail "$name $flag is not refused"
    grep -q "^error: Unknown flag '${flag%=*}'.*Known: --" stderr || fail "$name $flag: not the known flags"
    [[ ! -s stdout ]] || fail "$name $flag writes to standard output"
  done
  # --help is an answer of every program.
  "$program" --help >stdout 2>stderr || fail "$name --help"
  awk '/^  --.*\((int32|int64|double)\)$/ { flag = $1; getline; if ($0 !~ /^ *\([0-9.]+\.\.[0-9.]+\) /) { print flag; bad = 1 } }
    END { exit bad }' stdout || fail "$name: a number without bounds"
  "$program" --help >/dev/full 2>stderr
  [[ $? == 1 ]] || fail "$name: a full standard output is not status 1"
  grep -q "^error: Cannot write to standard output: No space left" stderr || fail "$name: does not name standard output"
  "$program" --help >&- 2>stderr
  [[ $? == 1 ]] || fail "$name: a closed standard output is not status 1"
  grep -q "^error: Cannot write to standard output: Bad file" stderr || fail "$name: does not name a closed standard output"
  # A pipe whose reader has gone.
  python3 - "$program" <<'END' 2>stderr || fail "$name: a pipe without a reader is not status 1"
import os, subprocess, sys
reader, writer = os.pipe()
os.close(reader)
sys.exit(subprocess.run([sys.argv[1], "--help"], stdout=writer).returncode != 1)
END
  grep -q "^error: Cannot write to standard output: Broken pipe" stderr || fail "$name: does not name a broken pipe"
done
echo "all of it holds"
