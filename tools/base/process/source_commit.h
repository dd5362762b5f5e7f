// Which source a program was started from.
#ifndef NCLAB_TOOLS_BASE_PROCESS_SOURCE_COMMIT_H_
#define NCLAB_TOOLS_BASE_PROCESS_SOURCE_COMMIT_H_

#include <string>

namespace nclab {

// `git describe` of the workspace that `bazel run` was called in, the commit
// and perhaps "-dirty"; in a release that of the archive; "" if there is none.
std::string SourceCommit();

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_PROCESS_SOURCE_COMMIT_H_
