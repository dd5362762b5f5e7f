"""nclab_release(): an archive that runs where nothing of the build is."""

def _commands_impl(ctx):
    """Writes the table of nclab.cc."""
    programs = {file.basename: file.short_path for file in ctx.files.programs}
    for alias, name in ctx.attr.aliases.items():
        programs[alias] = programs[name]
    lines = ["    {\"%s\", \"%s/%s\"}," % (name, ctx.workspace_name, programs[name]) for name in sorted(programs)]
    ctx.actions.write(ctx.outputs.out, "\n".join([
        "// Made from the BUILD file.",
        "#pragma once",
        "namespace nclab {",
        "struct Command {",
        "  const char* name;",
        "  const char* program;",
        "};",
        "constexpr Command kCommands[] = {",
    ] + lines + [
        "};",
        "constexpr char kWorker[] = \"%s/%s\";" % (ctx.workspace_name, ctx.file.worker.short_path),
        "}  // namespace nclab",
        "",
    ]))

nclab_commands = rule(
    implementation = _commands_impl,
    attrs = {
        "out": attr.output(mandatory = True),
        "programs": attr.label_list(mandatory = True),
        "aliases": attr.string_dict(),
        "worker": attr.label(mandatory = True, allow_single_file = True),
    },
)

def _runfiles_path(ctx, file):
    """Where a file lies among the runfiles."""
    if file.short_path.startswith("../"):
        return file.short_path[3:]
    return ctx.workspace_name + "/" + file.short_path

def _release_impl(ctx):
    name = "nclab-%s-linux-x86_64" % ctx.attr.version
    archive = ctx.actions.declare_file(name + ".tar.gz")
    manifest = ctx.actions.declare_file(ctx.label.name + ".manifest")
    placed = {}
    inputs = []
    for target in ctx.attr.programs:
        runfiles = target[DefaultInfo].default_runfiles.files
        inputs.append(runfiles)
        for file in runfiles.to_list():
            placed["files/" + _runfiles_path(ctx, file)] = file
    for target, folder in ctx.attr.files.items():
        inputs.append(target.files)
        for file in target.files.to_list():
            placed["/".join([part for part in [folder, file.basename] if part])] = file
    for target, folder in ctx.attr.runfiles.items():
        inputs.append(target.files)
        for file in target.files.to_list():
            placed["%s/%s" % (folder, _runfiles_path(ctx, file))] = file
    ctx.actions.write(manifest, "".join(["%s\t%s\n" % (path, file.path) for path, file in placed.items()]))
    ctx.actions.run(
        executable = "python3",
        arguments = [ctx.file._pack.path, name, ctx.info_file.path, archive.path, manifest.path],
        inputs = depset([manifest, ctx.info_file, ctx.file._pack], transitive = inputs),
        outputs = [archive],
        mnemonic = "PackRelease",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([archive]))]

nclab_release = rule(
    implementation = _release_impl,
    doc = "Packs programs with all their runfiles below files/.",
    attrs = {
        "version": attr.string(mandatory = True),
        "programs": attr.label_list(),
        "files": attr.label_keyed_string_dict(allow_files = True, doc = "Targets -> the folder for their files, by base name."),
        "runfiles": attr.label_keyed_string_dict(allow_files = True, doc = "Targets -> the folder for their files, by repository and path."),
        "_pack": attr.label(default = "//tools/release:pack.py", allow_single_file = True),
    },
)
