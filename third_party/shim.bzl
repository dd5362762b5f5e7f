"""shim(): a repository that is a few files of ours, under a name that Bazel or a dependency asks for."""

def _shim_impl(ctx):
    for label, path in ctx.attr.files.items():
        ctx.symlink(label, path)
        folder = path.rpartition("/")[0]
        if folder:
            ctx.file(folder + "/BUILD")

shim = repository_rule(
    implementation = _shim_impl,
    attrs = {"files": attr.label_keyed_string_dict(mandatory = True)},
)
