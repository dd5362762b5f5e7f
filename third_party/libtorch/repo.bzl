"""LibTorch 2.15.0, from PyTorch's own wheels: tensors, layers, autograd, CUDA.

The sums are in cpu.txt and cuda.txt. Which one, or neither, is decided by

  NCLAB_LIBTORCH=DIR             use this LibTorch: an unpacked libtorch, or site-packages/torch
  NCLAB_LIBTORCH_VARIANT=cpu|cuda  (--config=cpu, --config=cuda)
  otherwise                      cuda where an NVIDIA driver is loaded that CUDA 13 can use, else cpu

set with --repo_env=NAME=VALUE or in the environment.
"""

load("//third_party:pip.bzl", "pip_unpack")

_OLDEST_DRIVER = 580  # of CUDA 13

def _driver(ctx):
    """Returns the major version of the NVIDIA driver, 0 without one."""
    result = ctx.execute(["cat", "/proc/driver/nvidia/version"])
    for word in result.stdout.partition("\n")[0].split(" "):
        major = word.partition(".")[0]
        if "." in word and major.isdigit():
            return int(major)
    return 0

def _variant(ctx):
    given = ctx.os.environ.get("NCLAB_LIBTORCH_VARIANT", "")
    if given in ["cpu", "cuda"]:
        return given
    if given:
        fail("\nNCLAB_LIBTORCH_VARIANT is '%s'.\n  Expected: cpu or cuda; without it the driver decides.\n" % given)
    driver = _driver(ctx)
    if 0 < driver and driver < _OLDEST_DRIVER:
        # buildifier: disable=print
        print("NVIDIA driver %d is older than %d, which CUDA 13 needs: building for the CPU." % (driver, _OLDEST_DRIVER))
    return "cuda" if driver >= _OLDEST_DRIVER else "cpu"

def _use_installed(ctx, given):
    """Puts an installed LibTorch where the wheels would be unpacked."""
    for needed in ["lib/libtorch_cpu.so", "lib/libc10.so", "include/ATen/ATen.h"]:
        if not given.startswith("/") or not ctx.path(given + "/" + needed).exists:
            fail("\nNCLAB_LIBTORCH is '%s', which has no %s.\n" % (given, needed) +
                 "  Expected: the absolute path of a LibTorch directory, with lib/ and include/ (unpacked libtorch, or site-packages/torch).\n" +
                 "  What helps: correct it, or leave it out: then LibTorch 2.15.0 is fetched.\n")
    torch = ctx.path(given).realpath
    ctx.symlink(torch, "site/torch")
    nvidia = torch.dirname.get_child("nvidia")
    if nvidia.exists:
        ctx.symlink(nvidia, "site/nvidia")

def _libtorch_impl(ctx):
    given = ctx.os.environ.get("NCLAB_LIBTORCH", "")
    if given:
        variant = "external"
        _use_installed(ctx, given)
    else:
        variant = _variant(ctx)
        keep = ["torch/include/*", "torch/lib/*.so*", "nvidia/*", "*/licenses/*", "!torch/lib/libtorch_python.so"]
        if variant == "cpu":
            keep.append("!torch/lib/libtorch_cuda*")
        pip_unpack(ctx, Label("//third_party/libtorch:%s.txt" % variant), "site", keep)

    # The libraries find each other by their own RPATH, which starts at their real
    # place: the program is pointed there, as Python would be, not at copies or links.
    lib = ctx.path("site/torch/lib").realpath

    # Not libtorch.so: it is an empty shim, and 2.11's has std::filesystem in it.
    libraries = ["torch_cpu", "c10"]
    if lib.get_child("libtorch_cuda.so").exists:
        libraries = ["torch_cuda", "c10_cuda"] + libraries
    has_cuda_headers = "torch_cuda" in libraries and ctx.path("site/nvidia/cu13/include/crt/host_config.h").exists
    linkopts = ["-L%s" % lib, "-Wl,-rpath,%s" % lib, "-Wl,--no-as-needed"] + ["-l" + library for library in libraries]
    if has_cuda_headers:
        # LibTorch's CUDA headers call the runtime from inline functions.
        cuda = ctx.path("site/nvidia/cu13/lib").realpath
        linkopts += ["-L%s" % cuda, "-Wl,-rpath,%s" % cuda, "-l:libcudart.so.13"]
    ctx.file("config.bzl", "\n".join([
        "LINKOPTS = %r" % linkopts,
        "CUDA_DEFINES = %r" % (["NCLAB_CUDA=1"] if has_cuda_headers else []),
        "",
    ]))
    ctx.file("build_info/libtorch_build_info.h", "\n".join([
        "#pragma once",
        "#include <torch/version.h>",
        "#define NCLAB_LIBTORCH_VERSION TORCH_VERSION",
        "#define NCLAB_LIBTORCH_VARIANT \"%s\"" % variant,
        "",
    ]))
    ctx.symlink(Label("//third_party/libtorch:libtorch.BUILD"), "BUILD.bazel")

_libtorch = repository_rule(
    implementation = _libtorch_impl,
    environ = ["NCLAB_LIBTORCH", "NCLAB_LIBTORCH_VARIANT"],
)

def libtorch(name):
    _libtorch(name = name)
