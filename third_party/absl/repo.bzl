"""Abseil 20220623.1: Status, strings, containers, time."""

# Not newer, since the second source has to stay where it is. 20260526, with
# status macros and matchers of its own, builds under Bazel 4.2.3 with small
# changes; but Debian has it in a rolling suite only, which drops each version
# when the next comes.
load("//third_party:archive.bzl", "archive")

def absl(name):
    archive(
        name = name,
        url = "https://github.com/abseil/abseil-cpp/archive/refs/tags/20220623.1.tar.gz",
        sha256 = "91ac87d30cc6d79f9ab974c51874a704de9c2647c40f6932597329a282217ba8",
        strip_prefix = "abseil-cpp-20220623.1",
        debian_package = "abseil",
        debian_file = "abseil_20220623.1.orig.tar.gz",
        debian_sha256 = "abfe2897f3a30edaa74bc34365afe3c2a3cd012091a97dc7e008f7016adcd5fe",
        debian_strip_prefix = "abseil-20220623.1",
        # Bazel 4 knows no @platforms//cpu:wasm32 and wasm64; any CPU that we do not build for does.
        patch_cmds = ["sed -i 's,//cpu:wasm[0-9]*,//cpu:riscv64,' absl/BUILD.bazel"],
    )
