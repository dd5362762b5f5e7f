"""archive(): a source archive from its own site, else from Debian's source package of it."""

load("//third_party:checked.bzl", "checked_extract")
load("//third_party:debian.bzl", "debian_source")

def _archive_impl(ctx):
    got = ctx.download_and_extract(
        ctx.attr.url,
        sha256 = ctx.attr.sha256,
        stripPrefix = ctx.attr.strip_prefix,
        allow_fail = True,
    )
    if not got.success:
        checked_extract(
            ctx,
            debian_source(ctx, ctx.attr.debian_package, ctx.attr.debian_file, ctx.attr.url),
            ctx.attr.debian_sha256 or ctx.attr.sha256,
            ctx.attr.debian_strip_prefix or ctx.attr.strip_prefix,
            "apt-get source " + ctx.attr.debian_package,
        )
        ctx.delete("debian")
    for command in ctx.attr.patch_cmds:
        result = ctx.execute(["bash", "-c", command])
        if result.return_code:
            fail("@%s: the patch command '%s' failed: %s" % (ctx.name, command, result.stderr))
    ctx.symlink(ctx.attr.licence, "licence/" + ctx.attr.licence)
    ctx.file("licence/BUILD.bazel", """filegroup(
    name = "licence",
    srcs = [%r],
    visibility = ["//visibility:public"],
)
""" % ctx.attr.licence)
    if ctx.attr.build_file:
        ctx.symlink(ctx.attr.build_file, "BUILD.bazel")

archive = repository_rule(
    implementation = _archive_impl,
    attrs = {
        "url": attr.string(mandatory = True),
        "sha256": attr.string(mandatory = True),
        "strip_prefix": attr.string(mandatory = True),
        "debian_package": attr.string(mandatory = True),
        "debian_file": attr.string(mandatory = True),
        "debian_sha256": attr.string(doc = "Where Debian's archive is not upstream's file"),
        "debian_strip_prefix": attr.string(),
        "licence": attr.string(default = "LICENSE", doc = "Its licence's file"),
        "patch_cmds": attr.string_list(),
        "build_file": attr.label(),
    },
)
