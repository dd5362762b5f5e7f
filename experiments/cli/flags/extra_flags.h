// With which plugins of other workspaces this program was built.
#ifndef NCLAB_EXPERIMENTS_CLI_FLAGS_EXTRA_FLAGS_H_
#define NCLAB_EXPERIMENTS_CLI_FLAGS_EXTRA_FLAGS_H_

namespace nclab {

// Bazel's flags, each with a space behind it: "--//models:extra=@mine//:net ".
extern const char kExtraFlags[];

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_FLAGS_EXTRA_FLAGS_H_
