"""The macros of nclab: a registered thing is one .cc file and one line here.

They set names, defaults and alwayslink, and compute nothing. They are public:
a workspace of your own loads them from @nclab//tools/build:defs.bzl.
"""

def _plugin(name, interface, deps, **kwargs):
    native.cc_library(
        name = name,
        srcs = kwargs.pop("srcs", [name + ".cc"]),
        # The registrar is a static variable that nobody names.
        alwayslink = True,
        deps = [interface] + deps,
        **kwargs
    )

def nclab_model(name, deps = [], **kwargs):
    """A model registered as `name` in `name`.cc."""
    _plugin(name, "@nclab//models:model", deps + ["@libtorch//:torch"], **kwargs)

def nclab_model_kit_test(name, deps, choices = [], shape = "1,32,32", **kwargs):
    """Holds the models that `deps` register to the promises of model.h.

    Args:
      name: of the test.
      deps: nclab_model() targets.
      choices: as "resnet18(width=8)", for models whose defaults are large.
      shape: of a sample: "C,H,W", or "D".
      **kwargs: of the test.
    """
    nclab_test(
        name = name,
        srcs = ["@nclab//models/testing:model_kit_main.cc"],
        # A test's arguments go through a shell.
        args = [shape] + ["'%s'" % choice for choice in choices],
        deps = deps + ["@nclab//models/testing:model_kit_main_deps"],
        **kwargs
    )

def nclab_dataset(name, deps = [], **kwargs):
    """A dataset registered as `name` in `name`.cc."""
    _plugin(name, "@nclab//datasets:dataset", deps + ["@libtorch//:torch"], **kwargs)

def nclab_dataset_kit_test(name, deps, data_dir = "", **kwargs):
    """Holds the datasets that `deps` register to the promises of dataset.h.

    Args:
      name: of the test.
      deps: nclab_dataset() targets.
      data_dir: directory of the files that they read, from the workspace's root;
        small ones of the right layout will do. Its files go into `data`.
      **kwargs: of the test.
    """
    nclab_test(
        name = name,
        srcs = ["@nclab//datasets/testing:dataset_kit_main.cc"],
        args = [data_dir] if data_dir else [],
        deps = deps + ["@nclab//datasets/testing:dataset_kit_main_deps"],
        **kwargs
    )

def nclab_metric(name, deps = [], **kwargs):
    """A metric registered as `name` in `name`.cc."""
    _plugin(name, "@nclab//metrics:metric", deps, **kwargs)

def nclab_metric_kit_test(name, deps, **kwargs):
    """Holds the metrics that `deps` register to the promises of metric.h.

    Args:
      name: of the test.
      deps: nclab_metric() targets.
      **kwargs: of the test.
    """
    nclab_test(
        name = name,
        srcs = ["@nclab//metrics/testing:metric_kit_main.cc"],
        deps = deps + ["@nclab//metrics/testing:metric_kit_main_deps"],
        **kwargs
    )

def nclab_statistic(name, deps = [], **kwargs):
    """A statistic registered as `name` in `name`.cc."""
    _plugin(name, "@nclab//metrics/statistics:statistic", deps + ["@libtorch//:torch"], **kwargs)

def nclab_statistic_kit_test(name, deps, **kwargs):
    """Holds the statistics that `deps` register to the promises of statistic.h.

    Args:
      name: of the test.
      deps: nclab_statistic() targets, with those that they look at.
      **kwargs: of the test.
    """
    nclab_test(
        name = name,
        srcs = ["@nclab//metrics/statistics/testing:statistic_kit_main.cc"],
        deps = deps + ["@nclab//metrics/statistics/testing:statistic_kit_main_deps"],
        **kwargs
    )

def nclab_objective(name, deps = [], **kwargs):
    """An objective registered as `name` in `name`.cc."""
    _plugin(name, "@nclab//experiments/recipes:objective", deps + ["@libtorch//:torch"], **kwargs)

def nclab_schedule(name, deps = [], **kwargs):
    """A schedule registered as `name` in `name`.cc."""
    _plugin(name, "@nclab//experiments/recipes:schedule", deps, **kwargs)

def nclab_optimizer(name, deps = [], **kwargs):
    """An optimizer registered as `name` in `name`.cc."""
    _plugin(name, "@nclab//experiments/recipes:optimizer", deps + ["@libtorch//:torch"], **kwargs)

def nclab_stream(name, deps = [], **kwargs):
    """A stream registered as `name` in `name`.cc."""
    _plugin(name, "@nclab//experiments/recipes:stream", deps + ["@libtorch//:torch"], **kwargs)

def nclab_recipe_kit_test(name, deps, choices = [], **kwargs):
    """Holds what `deps` register to the promises of objective.h, schedule.h, optimizer.h and stream.h.

    Args:
      name: of the test.
      deps: nclab_objective(), nclab_schedule(), nclab_optimizer() and
        nclab_stream() targets.
      choices: as "sgd(momentum=0)", to hold besides each at its defaults.
      **kwargs: of the test.
    """
    nclab_test(
        name = name,
        srcs = ["@nclab//experiments/recipes/testing:recipe_kit_main.cc"],
        # A test's arguments go through a shell.
        args = ["'%s'" % choice for choice in choices],
        deps = deps + ["@nclab//experiments/recipes/testing:recipe_kit_main_deps"],
        **kwargs
    )

def nclab_test(name, deps = [], **kwargs):
    """A GoogleTest named like its source, linked statically.

    A dynamically linked test would load plugins that lack alwayslink, and so
    hide that a program does not.
    """
    native.cc_test(
        name = name,
        srcs = kwargs.pop("srcs", [name + ".cc"]),
        linkstatic = True,
        deps = deps + ["@com_google_googletest//:gtest_main"],
        **kwargs
    )

def nclab_registry_test(name, interfaces, names, all, families = {}):
    """Compares registries with the names that BUILD lists.

    Fails if a listed name is not registered (alwayslink forgotten, another
    name), if a registered one is not listed, and if a source beside this BUILD
    registers and is not listed.

    Args:
      name: of the test.
      interfaces: of the nouns whose items lie there, as "models:model".
      names: what BUILD lists; each is the name of its .cc file too.
      all: the target that links them.
      families: further names, by the .cc file that registers all of them.
    """
    nouns = [interface.partition(":")[2] for interface in interfaces]
    native.genrule(
        name = name + "_names",
        testonly = True,
        outs = [name + "_names.cc"],
        cmd = """cat > $@ << 'END'
{includes}
#include "tools/testing/registered_names.h"

namespace nclab {{

std::vector<std::string> RegisteredNames() {{
  return NamesIn({registries});
}}

}}  // namespace nclab
END""".format(
            includes = "\n".join([
                "#include \"%s.h\"" % interface.replace(":", "/")
                for interface in interfaces
            ]),
            registries = ", ".join([noun.capitalize() + "s()" for noun in nouns]),
        ),
    )
    nclab_test(
        name = name,
        srcs = [
            name + "_names.cc",
            "@nclab//tools/testing:registry_test.cc",
        ],
        args = [native.package_name()] + names + [
            "%s:%s" % (family, ",".join(members))
            for family, members in families.items()
        ],
        data = native.glob(
            ["*.cc"],
            exclude = ["*_test.cc"],
        ),
        deps = [
            all,
            "@nclab//tools/base/files",
            "@nclab//tools/testing:registered_names",
            "@com_google_absl//absl/strings",
        ] + ["@nclab//" + interface for interface in interfaces],
    )

def nclab_experiment(name, deps = [], aliases = [], **kwargs):
    """An experiment registered as `name` in `name`.cc.

    Makes the program `name` as nclab_main() does, its aliases, and the library
    `name`_experiment.

    Args:
      name: of the experiment, its file and its program.
      deps: of the .cc file, besides the interface.
      aliases: other names of the program.
      **kwargs: of the library.
    """
    _plugin(
        name + "_experiment",
        "@nclab//experiments:experiment",
        deps,
        srcs = [name + ".cc"],
        **kwargs
    )
    nclab_main(name, experiment = name, deps = [":" + name + "_experiment"])
    for alias in aliases:
        native.alias(name = alias, actual = ":" + name)

def nclab_main(name, experiment, deps, **kwargs):
    """The program of an experiment, with every flag of nclab's figures.

    Models, datasets, metrics and recipes of its runs are those that the worker
    links: nclab's, and what --@nclab//models:extra and the like add.

    Args:
      name: of the program.
      experiment: as it is registered.
      deps: what registers it.
      **kwargs: of the program.
    """
    native.genrule(
        name = name + "_main",
        outs = [name + "_main.cc"],
        cmd = """cat > $@ << 'END'
#include "experiments/cli/figure_main.h"

int main(int argc, char** argv) {{
  return nclab::FigureMain("{experiment}", "{repository}//{package}:{name}", argc,
                           argv);
}}
END""".format(
            experiment = experiment,
            name = name,
            package = native.package_name(),
            # What the workspace that builds it calls this one: "@" for itself.
            repository = native.repository_name().rstrip("@"),
        ),
    )
    native.cc_binary(
        name = name,
        srcs = [name + "_main.cc"],
        data = ["@nclab//experiments/cli:worker"],
        deps = deps + ["@nclab//experiments/cli:figure_main"],
        **kwargs
    )

def nclab_experiment_kit_test(name, deps, **kwargs):
    """Holds the experiments that `deps` register to the promises of experiment.h.

    Args:
      name: of the test.
      deps: NAME_experiment of nclab_experiment() targets.
      **kwargs: of the test.
    """
    nclab_test(
        name = name,
        srcs = ["@nclab//experiments/testing:experiment_kit_main.cc"],
        deps = deps + ["@nclab//experiments/testing:experiment_kit_main_deps"],
        **kwargs
    )
