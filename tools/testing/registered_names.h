// The names in a registry, by the registry's noun.
#ifndef NCLAB_TOOLS_TESTING_REGISTERED_NAMES_H_
#define NCLAB_TOOLS_TESTING_REGISTERED_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nclab {

// Sorted names of everything linked into this program under `noun`: model,
// dataset or metric. Links no plugin itself. Aborts for another noun.
std::vector<std::string> RegisteredNames(absl::string_view noun);

}  // namespace nclab

#endif  // NCLAB_TOOLS_TESTING_REGISTERED_NAMES_H_
