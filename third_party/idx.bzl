"""The four files of a dataset in the format of MNIST, at the root of a repository."""

NAMES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]

def download_gz(ctx, mirrors, sums):
    """Downloads the four .gz files from the first mirror that has them.

    Args:
      ctx: the repository context.
      mirrors: URLs of directories.
      sums: sha256 of each .gz, in the order of NAMES.

    Returns:
      Whether all four are there.
    """
    for name, sha256 in zip(NAMES, sums):
        gz = name + ".gz"
        if not ctx.download([mirror + gz for mirror in mirrors], gz, sha256 = sha256, allow_fail = True).success:
            return False
    return True

def write_build(ctx, suffix):
    """Writes a BUILD file with the filegroup :files."""
    ctx.file("BUILD.bazel", """filegroup(
    name = "files",
    srcs = %r,
    visibility = ["//visibility:public"],
)
""" % [name + suffix for name in NAMES])
