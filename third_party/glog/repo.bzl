"""glog 0.6.0: log messages and CHECK."""

load("//third_party:archive.bzl", "archive")

def glog(name):
    archive(
        name = name,
        url = "https://github.com/google/glog/archive/refs/tags/v0.6.0.tar.gz",
        sha256 = "8a83bf982f37bb70825df71a9709fa90ea9f4447fb3c099e1d720a439d88bad6",
        strip_prefix = "glog-0.6.0",
        debian_package = "google-glog",
        debian_file = "google-glog_0.6.0.orig.tar.gz",
        licence = "COPYING",
    )
