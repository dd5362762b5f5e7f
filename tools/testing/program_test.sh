# What tests of programs share, sourced where the test starts, in the runfiles:
# from here on it stands in its own directory, as does a user of `bazel run`.
set -u
cd "$TEST_TMPDIR" || exit 1
export BUILD_WORKING_DIRECTORY=$TEST_TMPDIR

fail() { echo "FAILED: $*"; cat stdout stderr 2>/dev/null; exit 1; }

# expect STATUS WORDS COMMAND...: that exit status, WORDS on standard error, and
# nothing on standard output where it is 2.
expect() {
  local status=$1 words=$2
  shift 2
  "$@" >stdout 2>stderr
  local got=$?
  echo "$(date +%T) $*: exit $got"
  [[ $got == "$status" ]] || fail "$*: exit $got, not $status"
  [[ -z $words ]] || grep -qF -- "$words" stderr || fail "$*: does not say: $words"
  [[ $status != 2 || ! -s stdout ]] || fail "$*: wrote to standard output"
}
