"""remote_coverage_tools: every cc_test names it and would fetch it; an empty one serves."""

load("//third_party:shim.bzl", "shim")

def remote_coverage_tools(name):
    shim(name = name, files = {Label("//third_party/remote_coverage_tools:remote_coverage_tools.BUILD"): "BUILD"})
