"""gflags 2.2.2: the command line of our programs."""

load("//third_party:archive.bzl", "archive")

def gflags(name):
    archive(
        name = name,
        url = "https://github.com/gflags/gflags/archive/v2.2.2.tar.gz",
        sha256 = "34af2f15cf7367513b352bdcd2493ab14ce43692d2dcd9dfc499492966c64dcf",
        strip_prefix = "gflags-2.2.2",
        debian_package = "gflags",
        debian_file = "gflags_2.2.2.orig.tar.gz",
        licence = "COPYING.txt",
    )
