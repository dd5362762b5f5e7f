"""nclab_fuzz(): a libFuzzer target and its seeds."""

def nclab_fuzz(name, deps):
    """A program of `name`.cc, which defines LLVMFuzzerTestOneInput().

    Its seeds are the files of corpus/`name`; the test `name`_corpus_test, of any
    compiler and without libFuzzer, gives it each of them.

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
    native.cc_test(
        name = name + "_corpus_test",
        size = "small",
        srcs = [
            name + ".cc",
            "//tools/testing:replay_corpus.cc",
        ],
        args = [native.package_name() + "/corpus/" + name],
        data = native.glob(["corpus/%s/**" % name]),
        linkstatic = True,
        deps = deps,
    )
