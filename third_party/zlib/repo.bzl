"""zlib 1.2.13: .gz datasets and MATLAB files; its minizip: .npz and torch files."""

load("//third_party:archive.bzl", "archive")

def zlib(name):
    archive(
        name = name,
        url = "https://github.com/madler/zlib/releases/download/v1.2.13/zlib-1.2.13.tar.gz",
        sha256 = "b3a24de97a8fdbc835b9833169501030b8977031bcb54b3b3ac13740f846ab30",
        strip_prefix = "zlib-1.2.13",
        debian_package = "zlib",
        debian_file = "zlib_1.2.13.dfsg.orig.tar.bz2",
        debian_sha256 = "71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1",
        debian_strip_prefix = "zlib-1.2.13.dfsg",
        build_file = Label("//third_party/zlib:zlib.BUILD"),
    )
