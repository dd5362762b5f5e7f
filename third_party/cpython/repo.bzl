"""CPython 3.11.2: what draws in a release, where there is no Python."""

load("//third_party:archive.bzl", "archive")

def cpython(name):
    archive(
        name = name,
        url = "https://www.python.org/ftp/python/3.11.2/Python-3.11.2.tgz",
        sha256 = "2411c74bda5bbcfcddaf4531f66d1adc73f247f529aee981b029513aefdbf849",
        strip_prefix = "Python-3.11.2",
        debian_package = "python3.11",
        debian_file = "python3.11_3.11.2.orig.tar.gz",
        build_file = Label("//third_party/cpython:cpython.BUILD"),
    )
