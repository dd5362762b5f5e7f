"""bazel-skylib 1.0.3: Abseil's BUILD files load it."""

load("//third_party:archive.bzl", "archive")

def bazel_skylib(name):
    archive(
        name = name,
        url = "https://github.com/bazelbuild/bazel-skylib/releases/download/1.0.3/bazel-skylib-1.0.3.tar.gz",
        sha256 = "1c531376ac7e5a180e0237938a2536de0c54d93f5c278634818e0efc952dd56c",
        strip_prefix = "",
        debian_package = "bazel-skylib",
        debian_file = "bazel-skylib_1.0.3.orig.tar.xz",
        debian_sha256 = "b22f0f38d9a1ac565fce8a43df3d284f6b8e5e8775bda54b5cb687bed46b6ea4",
        debian_strip_prefix = "bazel-skylib-1.0.3",
    )
