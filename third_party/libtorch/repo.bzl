"""LibTorch 2.15.0, from PyTorch's own wheels: tensors, layers, autograd, CUDA.

The sums are in cpu.txt and cuda.txt. Which one, or neither, is decided by

  NCLAB_LIBTORCH=DIR             use this LibTorch: an unpacked libtorch, or site-packages/torch
  NCLAB_LIBTORCH_VARIANT=cpu|cuda  (--config=cpu, --config=cuda)
  otherwise                      cuda where an NVIDIA driver is loaded that CUDA 13 can use, else cpu

set with --repo_env=NAME=VALUE or in the environment.
"""

load("//third_party:pip.bzl", "pip_unpack")

_VERSION = "2.15.0"
_OLDEST = [2, 11]  # that nclab has been built with
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

# c10::detail::torchCheckFail(char const*, char const*, unsigned, std::string const&), of the C++11 ABI.
_CXX11_SYMBOL = "_ZN3c106detail14torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_string"

def _version(ctx, torch):
    """Returns the version that the headers state, as [2, 15, 0]; [] if they state none."""
    numbers = {}
    for header in ["headeronly/version.h", "csrc/api/include/torch/version.h"]:
        path = ctx.path(torch + "/include/torch/" + header)
        for line in ctx.read(path).split("\n") if path.exists else []:
            words = line.split(" ")
            if len(words) == 3 and words[0] == "#define" and words[2].isdigit():
                numbers[words[1]] = int(words[2])
    parts = ["TORCH_VERSION_" + part for part in ["MAJOR", "MINOR", "PATCH"]]
    return [numbers[part] for part in parts] if all([part in numbers for part in parts]) else []

def _refuse(given, found, helps):
    fail("\nNCLAB_LIBTORCH is '%s'.\n" % given +
         "  Found:    %s\n" % found +
         "  Expected: the absolute path of LibTorch %s (%d.%d or newer) of the C++11 ABI, with lib/ and include/\n" % (_VERSION, _OLDEST[0], _OLDEST[1]) +
         "            (an unpacked libtorch, or site-packages/torch).\n" +
         "  What helps: %s, or leave it out: then LibTorch %s is fetched.\n" % (helps, _VERSION))

def _use_installed(ctx, given):
    """Puts an installed LibTorch where the wheels would be unpacked. Returns its version."""
    for needed in ["lib/libtorch_cpu.so", "lib/libc10.so", "include/ATen/ATen.h"]:
        if not given.startswith("/") or not ctx.path(given + "/" + needed).exists:
            _refuse(given, "no " + needed, "correct it")
    version = _version(ctx, given)
    text = ".".join([str(number) for number in version])
    if version < _OLDEST:
        _refuse(given, "version '%s'" % text, "name a newer one")
    if ctx.execute(["grep", "-qF", _CXX11_SYMBOL, given + "/lib/libc10.so"]).return_code:
        _refuse(given, "version %s of the C++ ABI before C++11" % text, "name one built with _GLIBCXX_USE_CXX11_ABI=1")
    if text != _VERSION:
        # buildifier: disable=print
        print("NCLAB_LIBTORCH has LibTorch %s; nclab is tested with %s." % (text, _VERSION))
    torch = ctx.path(given).realpath
    ctx.symlink(torch, "site/torch")
    for beside in torch.dirname.readdir():
        name = beside.basename
        if name == "nvidia" or (name.endswith(".dist-info") and (name.startswith("torch-") or name.startswith("nvidia_"))):
            ctx.symlink(beside, "site/" + name)
    return text

def _libtorch_impl(ctx):
    given = ctx.os.environ.get("NCLAB_LIBTORCH", "")
    if given:
        variant = "external"
        version = _use_installed(ctx, given)
    else:
        version = _VERSION
        variant = _variant(ctx)
        keep = ["torch/include/*", "torch/lib/*.so*", "nvidia/*", "*/licenses/*", "!torch/lib/libtorch_python.so"]
        if variant == "cpu":
            keep.append("!torch/lib/libtorch_cuda*")
        pip_unpack(ctx, Label("//third_party/libtorch:%s.txt" % variant), "site", keep)

    # Not libtorch.so: it is an empty shim, and 2.11's has std::filesystem in it.
    linked = ["libtorch_cpu.so", "libc10.so"]

    # What these load. CUDA's libraries open many more by name, from where they lie.
    loaded = ["site/torch/lib/libgomp*", "site/nvidia/*/lib/libcudart.so*", "site/nvidia/*/lib/libcupti.so*"]
    loaded += ["site/torch/lib/" + library for library in linked]
    has_cuda_headers = False
    if ctx.path("site/torch/lib/libtorch_cuda.so").exists:
        linked = ["libtorch_cuda.so", "libc10_cuda.so"] + linked
        loaded = ["site/torch/lib/*.so*", "site/nvidia/*/lib/*.so*"]
        has_cuda_headers = ctx.path("site/nvidia/cu13/include/crt/host_config.h").exists
        if has_cuda_headers:
            # LibTorch's CUDA headers call the runtime from inline functions.
            linked.append("libcudart.so.13")
    ctx.file("config.bzl", "\n".join([
        "LINKED = %r" % linked,
        "LOADED = %r" % loaded,
        "CUDA_DEFINES = %r" % (["NCLAB_CUDA=1"] if has_cuda_headers else []),
        "",
    ]))
    ctx.file("build_info/libtorch_build_info.h", "\n".join([
        "#pragma once",
        "#define NCLAB_LIBTORCH_VERSION \"%s\"" % version,
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
