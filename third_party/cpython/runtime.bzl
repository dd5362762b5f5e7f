"""cpython_runtime(): an interpreter with its built-in modules and the library's Python files.

bin/python3 and lib/python3.11 in one folder, which can lie anywhere.
"""

# No module of C besides those that are built in: the renderer needs none.
_COMMAND = """
set -eu
out=$PWD/$1
configure=$PWD/$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -RL "$(dirname "$configure")/." "$work"
cd "$work"
export SOURCE_DATE_EPOCH=1675797600
if ! { ./configure --prefix=/python OPT="-O1 -w -DNDEBUG" && make -j2 python; } >log 2>&1; then
  tail -30 log >&2
  exit 1
fi
strip python
mkdir -p "$out/bin" "$out/lib/python3.11/lib-dynload"
cp python "$out/bin/python3"
cp Lib/*.py "$out/lib/python3.11"
touch "$out/lib/python3.11/lib-dynload/none" # the folder says where the rest lies
for package in collections encodings importlib json re urllib; do
  cp -R "Lib/$package" "$out/lib/python3.11"
done
"""

def _cpython_runtime_impl(ctx):
    out = ctx.actions.declare_directory("python")
    configure = [file for file in ctx.files.srcs if file.path.endswith("/cpython/configure")][0]
    ctx.actions.run_shell(
        command = _COMMAND,
        arguments = [out.path, configure.path],
        inputs = ctx.files.srcs,
        outputs = [out],
        mnemonic = "BuildPython",
        progress_message = "Building the Python that draws",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([out]))]

cpython_runtime = rule(
    implementation = _cpython_runtime_impl,
    attrs = {"srcs": attr.label_list(allow_files = True, mandatory = True)},
)
