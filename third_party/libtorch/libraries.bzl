"""libtorch_libraries(): LibTorch's shared libraries, as inputs of a link and of a run.

They lie in the folder of shared libraries as they lie in the wheels, so that they
find each other by their own RPATH, also those that are opened by name only when
something needs them. A program finds the folder relative to itself.
"""

def _libtorch_libraries_impl(ctx):
    toolchain = ctx.attr._cc_toolchain[cc_common.CcToolchainInfo]
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    linked, laid = [], []
    for file in ctx.files.srcs:
        library = cc_common.create_library_to_link(
            actions = ctx.actions,
            cc_toolchain = toolchain,
            dynamic_library = file,
            # torch/lib/libc10.so, of external/libtorch/site/torch/lib/libc10.so.
            dynamic_library_symlink_path = "libtorch/" + file.path.rpartition("/site/")[2],
            feature_configuration = features,
        )
        laid.append(library.dynamic_library)
        if file.basename in ctx.attr.linked:
            linked.append((ctx.attr.linked.index(file.basename), library))
    laid = depset(laid)
    return [
        CcInfo(linking_context = cc_common.create_linking_context(
            linker_inputs = depset([cc_common.create_linker_input(
                owner = ctx.label,
                libraries = depset([library for _, library in sorted(linked)]),
                # Not linked, but there when a tool runs in a build.
                additional_inputs = laid,
            )]),
        )),
        DefaultInfo(files = laid, runfiles = ctx.runfiles(transitive_files = laid)),
    ]

libtorch_libraries = rule(
    implementation = _libtorch_libraries_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = True, doc = "Below site/."),
        "linked": attr.string_list(doc = "Names of those that a program is linked to, in this order."),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    provides = [CcInfo],
)
