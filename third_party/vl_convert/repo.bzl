"""vl-convert 1.9.0.post1: draws Vega-Lite as SVG, PNG, PDF and HTML without a browser.

@vl_convert//:files is the Python package, @vl_convert//:root a file in the
directory that PYTHONPATH must name. The sum is in requirements.txt.
"""

load("//third_party:pip.bzl", "pip_unpack")

def _vl_convert_impl(ctx):
    pip_unpack(ctx, Label("//third_party/vl_convert:requirements.txt"), "site", ["*"])
    ctx.file("site/root.txt", "PYTHONPATH is the directory of this file.\n")
    ctx.file("BUILD.bazel", """package(default_visibility = ["//visibility:public"])

filegroup(
    name = "files",
    srcs = glob(
        ["site/**"],
        # Python leaves them.
        exclude = ["**/__pycache__/**"],
    ),
)

filegroup(
    name = "root",
    srcs = ["site/root.txt"],
)
""")

_vl_convert = repository_rule(implementation = _vl_convert_impl)

def vl_convert(name):
    _vl_convert(name = name)
