"""What a build links besides nclab's own items, as the flags that say so."""

# The flag of each noun's items of other workspaces.
_EXTRAS = [
    "//datasets:extra",
    "//experiments:extra",
    "//experiments/recipes:extra",
    "//metrics:extra",
    "//metrics/statistics:extra",
    "//models:extra",
]

def _extras_source_impl(ctx):
    flags = []
    for flag, extra in zip(_EXTRAS, ctx.attr.extras):
        # A label_flag bears the name of what it stands for.
        if not str(extra.label).endswith(flag.replace(":extra", ":none")):
            repository = ctx.label.workspace_name and "@" + ctx.label.workspace_name
            flags.append("--%s%s=%s" % (repository, flag, extra.label))
    source = ctx.actions.declare_file(ctx.label.name + ".cc")
    ctx.actions.write(source, """#include "{header}"

namespace nclab {{

const char kExtraFlags[] = "{flags}";

}}  // namespace nclab
""".format(header = ctx.attr.header, flags = "".join([flag + " " for flag in flags])))
    return [DefaultInfo(files = depset([source]))]

_extras_source = rule(
    implementation = _extras_source_impl,
    attrs = {
        "extras": attr.label_list(),
        "header": attr.string(),
    },
)

def extras_source(name, header):
    """A source that defines nclab::kExtraFlags, which `header` declares.

    Args:
      name: of the target; the file is `name`.cc.
      header: as it is included.
    """
    _extras_source(name = name, extras = _EXTRAS, header = header)
