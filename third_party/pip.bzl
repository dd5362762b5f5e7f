"""pip_unpack(): Python wheels, pinned by version and sum, unpacked into one tree."""

# Wheels are chosen for this platform, not for the Python that runs pip.
_PLATFORM = ["--python-version", "3.11", "--implementation", "cp"] + [
    "--abi=" + abi
    for abi in ["cp311", "abi3", "none"]
] + [
    "--platform=manylinux%s_x86_64" % glibc
    for glibc in ["_2_28", "_2_27", "_2_25", "_2_18", "_2_17", "2014"]
]

def _python_with_pip(ctx):
    for python in [ctx.which("python3"), "/usr/bin/python3"]:
        if python and ctx.execute([python, "-m", "pip", "--version"]).return_code == 0:
            return python
    fail("\n@%s needs python3 with pip, to fetch wheels.\n" % ctx.name +
         "  Found:    python3 = %s, without pip\n" % ctx.which("python3") +
         "  What helps: apt-get install python3-pip (./bazelw does that), or a python3 on PATH that has it.\n")

def pip_unpack(ctx, requirements, tree, patterns):
    """Downloads wheels and unpacks them.

    Args:
      ctx: the repository context.
      requirements: label of a file with lines "name==version --hash=sha256:...".
      tree: the folder to unpack into.
      patterns: which files, as unpack_wheels.py takes them.
    """
    python = _python_with_pip(ctx)
    ctx.report_progress("pip download of the wheels in %s" % requirements)
    result = ctx.execute(
        [python, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"] +
        _PLATFORM + ["--requirement", ctx.path(requirements), "--dest", "wheels"],
        timeout = 4 * 3600,
    )
    if result.return_code:
        fail("\n@%s: pip could not bring the wheels of %s.\n" % (ctx.name, requirements) +
             "  Expected: exactly these versions and sums\n" +
             "  pip said: %s\n" % result.stderr.strip() +
             "  What helps: a pip that reaches a package index, or wheels in a directory named by PIP_FIND_LINKS.\n")
    ctx.report_progress("unpacking")
    unpack = ctx.path(Label("//third_party:unpack_wheels.py"))
    result = ctx.execute([python, unpack, "wheels", tree] + patterns, timeout = 3600)
    if result.return_code:
        fail("@%s: unpacking the wheels failed (is the disk full?): %s" % (ctx.name, result.stderr))
    ctx.delete("wheels")
