"""Google Benchmark 1.7.1: timings of single functions."""

load("//third_party:archive.bzl", "archive")

def benchmark(name):
    archive(
        name = name,
        url = "https://github.com/google/benchmark/archive/refs/tags/v1.7.1.tar.gz",
        sha256 = "6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7",
        strip_prefix = "benchmark-1.7.1",
        debian_package = "benchmark",
        debian_file = "benchmark_1.7.1.orig.tar.gz",
    )
