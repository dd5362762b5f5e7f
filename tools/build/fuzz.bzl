"""nclab_fuzz(): a libFuzzer target and its seeds."""

def nclab_fuzz(name, deps):
    """A program of `name`.cc, which defines LLVMFuzzerTestOneInput().

    Its seeds are the files of corpus/`name`.

    Args:
      name: of the program.
      deps: what it calls.
    """
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = [name + ".cc"],
        linkopts = ["-fsanitize=fuzzer"],
        tags = [
            "fuzz",
            "manual",
        ],
        deps = deps,
    )
