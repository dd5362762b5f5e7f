// A parameter that names a file or folder of the user's.
#ifndef NCLAB_TOOLS_BASE_REGISTRY_PATH_PARAM_H_
#define NCLAB_TOOLS_BASE_REGISTRY_PATH_PARAM_H_

#include <string>

#include "tools/base/registry/params.h"

namespace nclab {

// The value of a path that was not given; a file of that name is ./default.
inline constexpr char kDefaultPath[] = "default";

// kDefaultPath by default. A path is bound absolute, against the directory the
// user stands in, so that what was bound means the same file anywhere. One that
// a choice string or a spec cannot hold (a comma, a parenthesis without its
// partner, bytes that are not UTF-8) is refused.
ParamSpec PathParam(std::string name, std::string help);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_REGISTRY_PATH_PARAM_H_
