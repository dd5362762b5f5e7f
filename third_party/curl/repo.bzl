"""libcurl 7.88.1: downloads of datasets."""

load("//third_party:archive.bzl", "archive")

def curl(name):
    archive(
        name = name,
        url = "https://curl.se/download/curl-7.88.1.tar.gz",
        sha256 = "cdb38b72e36bc5d33d5b8810f8018ece1baa29a8f215b4495e495ded82bbf3c7",
        strip_prefix = "curl-7.88.1",
        debian_package = "curl",
        debian_file = "curl_7.88.1.orig.tar.gz",
        build_file = Label("//third_party/curl:curl.BUILD"),
        licence = "COPYING",
    )
