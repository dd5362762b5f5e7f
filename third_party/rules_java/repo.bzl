"""rules_java: Bazel's own toolchains load it and would fetch it; Bazel's own rules serve."""

load("//third_party:shim.bzl", "shim")

def rules_java(name):
    shim(name = name, files = {Label("//third_party/rules_java:defs.bzl"): "java/defs.bzl"})
