// The name in a choice string that was checked before, for people and for runs'
// names. What has to be read is read by ParseChoice() of choice.h.
#ifndef NCLAB_TOOLS_BASE_REGISTRY_CHOICE_NAME_H_
#define NCLAB_TOOLS_BASE_REGISTRY_CHOICE_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace nclab {

// "mlp" of "mlp(width=64)".
inline std::string ChoiceName(absl::string_view choice) {
  return std::string(choice.substr(0, choice.find('(')));
}

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_REGISTRY_CHOICE_NAME_H_
