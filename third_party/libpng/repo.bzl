"""libpng 1.6.39: pictures of the dataset `images`."""

load("//third_party:archive.bzl", "archive")

def libpng(name):
    archive(
        name = name,
        url = "https://github.com/glennrp/libpng/archive/refs/tags/v1.6.39.tar.gz",
        sha256 = "a00e9d2f2f664186e4202db9299397f851aea71b36a35e74910b8820e380d441",
        strip_prefix = "libpng-1.6.39",
        debian_package = "libpng1.6",
        debian_file = "libpng1.6_1.6.39.orig.tar.gz",
        build_file = Label("//third_party/libpng:libpng.BUILD"),
    )
