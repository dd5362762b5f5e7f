"""Fashion-MNIST, as the official .gz files: tests and small presets. @fashion_mnist//:files.

From its own sites, else from Debian's source package, which holds the same files.
"""

load("//third_party:checked.bzl", "checked_extract")
load("//third_party:debian.bzl", "debian_source")
load("//third_party:idx.bzl", "download_gz", "write_build")

_MIRRORS = [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
]
_SUMS = [
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
]
_ORIG = "dataset-fashion-mnist_0.0~git20200523.55506a9.orig.tar.xz"
_ORIG_SUM = "094d3928be84192f9bb88f33ff2cfeef692db8ff1da67763f52318fbda5a2fd4"

def _fashion_mnist_impl(ctx):
    if not download_gz(ctx, _MIRRORS, _SUMS):
        checked_extract(
            ctx,
            debian_source(ctx, "dataset-fashion-mnist", _ORIG, _MIRRORS[0]),
            _ORIG_SUM,
            "dataset-fashion-mnist-0.0~git20200523.55506a9/data/fashion",
            "apt-get source dataset-fashion-mnist",
        )
        ctx.delete("debian")
    write_build(ctx, ".gz")

_fashion_mnist = repository_rule(implementation = _fashion_mnist_impl)

def fashion_mnist(name):
    _fashion_mnist(name = name)
