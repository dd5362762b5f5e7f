"""Calls every dependency. A workspace that uses @nclab calls nclab_deps() too."""

load("//third_party/absl:repo.bzl", "absl")
load("//third_party/bazel_skylib:repo.bzl", "bazel_skylib")
load("//third_party/benchmark:repo.bzl", "benchmark")
load("//third_party/cpython:repo.bzl", "cpython")
load("//third_party/curl:repo.bzl", "curl")
load("//third_party/fashion_mnist:repo.bzl", "fashion_mnist")
load("//third_party/gflags:repo.bzl", "gflags")
load("//third_party/glog:repo.bzl", "glog")
load("//third_party/googletest:repo.bzl", "googletest")
load("//third_party/libjpeg_turbo:repo.bzl", "libjpeg_turbo")
load("//third_party/libpng:repo.bzl", "libpng")
load("//third_party/libtorch:repo.bzl", "libtorch")
load("//third_party/mbedtls:repo.bzl", "mbedtls")
load("//third_party/mnist:repo.bzl", "mnist")
load("//third_party/nlohmann_json:repo.bzl", "nlohmann_json")
load("//third_party/remote_coverage_tools:repo.bzl", "remote_coverage_tools")
load("//third_party/rules_cc:repo.bzl", "rules_cc")
load("//third_party/rules_java:repo.bzl", "rules_java")
load("//third_party/vl_convert:repo.bzl", "vl_convert")
load("//third_party/zlib:repo.bzl", "zlib")

_DEPS = {
    "bazel_skylib": bazel_skylib,
    "com_github_gflags_gflags": gflags,
    "com_github_google_benchmark": benchmark,
    "com_github_google_glog": glog,
    "com_google_absl": absl,
    "com_google_googletest": googletest,
    "cpython": cpython,
    "curl": curl,
    "fashion_mnist": fashion_mnist,
    "libjpeg_turbo": libjpeg_turbo,
    "libpng": libpng,
    "libtorch": libtorch,
    "mbedtls": mbedtls,
    "mnist": mnist,
    "nlohmann_json": nlohmann_json,
    "remote_coverage_tools": remote_coverage_tools,
    "rules_cc": rules_cc,
    "rules_java": rules_java,
    "vl_convert": vl_convert,
    "zlib": zlib,
}

def nclab_deps():
    """Declares what the workspace has not declared itself."""
    for name, dep in _DEPS.items():
        if not native.existing_rule(name):
            dep(name)
