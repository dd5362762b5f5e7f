// Choice strings: a registered thing plus parameters, "mlp(width=64,depth=2)".
//
//   choice    = name [ "(" [ argument { "," argument } ] ")" ]
//   argument  = name "=" value
//   value     = any text with balanced parentheses and no comma outside them,
//               so that a value may itself be a choice
#ifndef NCLAB_TOOLS_BASE_REGISTRY_CHOICE_H_
#define NCLAB_TOOLS_BASE_REGISTRY_CHOICE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/base/registry/params.h"

namespace nclab {

// A choice as written: not yet checked against a registry.
struct Choice {
  std::string name;
  std::vector<std::pair<std::string, std::string>> args;
};

// \error kInvalidArgument if `text` does not have the form above; the message
// quotes it and says where it breaks.
absl::StatusOr<Choice> ParseChoice(absl::string_view text);

// As written; ParseChoice() reads it again.
std::string ToString(const Choice& choice);

// A choice whose parameters all have values.
struct BoundChoice {
  std::string name;
  Params params;

  // Shows every value; parses and binds back to itself. "linear()" is written
  // "linear" where nothing was declared.
  std::string ToString() const;
};

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_REGISTRY_CHOICE_H_
