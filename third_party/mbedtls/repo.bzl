"""Mbed TLS 2.28.3: sums of files, and https for curl."""

load("//third_party:archive.bzl", "archive")

def mbedtls(name):
    archive(
        name = name,
        url = "https://github.com/Mbed-TLS/mbedtls/archive/refs/tags/v2.28.3.tar.gz",
        sha256 = "bdf7c5bbdc338da3edad89b2885d4f8668f9a6fffeba6ec17a60333e36dade6f",
        strip_prefix = "mbedtls-2.28.3",
        debian_package = "mbedtls",
        debian_file = "mbedtls_2.28.3.orig.tar.gz",
        debian_sha256 = "3b4953aa55a681e084d31892d9904cc5328d6b4958ea57b90ae4b4f94ae69a8d",
        debian_strip_prefix = "Mbed-TLS-mbedtls-8f97ca5",
        build_file = Label("//third_party/mbedtls:mbedtls.BUILD"),
    )
