"""libjpeg-turbo 2.1.5: pictures of the dataset `images`."""

load("//third_party:archive.bzl", "archive")

def libjpeg_turbo(name):
    archive(
        name = name,
        url = "https://github.com/libjpeg-turbo/libjpeg-turbo/archive/refs/tags/2.1.5.tar.gz",
        sha256 = "254f3642b04e309fee775123133c6464181addc150499561020312ec61c1bf7c",
        strip_prefix = "libjpeg-turbo-2.1.5",
        debian_package = "libjpeg-turbo",
        debian_file = "libjpeg-turbo_2.1.5.orig.tar.gz",
        build_file = Label("//third_party/libjpeg_turbo:libjpeg_turbo.BUILD"),
        licence = "LICENSE.md",
    )
