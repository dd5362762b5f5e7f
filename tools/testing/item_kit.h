// What the conformance kits share: how a promise is broken, and the promises of
// whatever is registered.
#ifndef NCLAB_TOOLS_TESTING_ITEM_KIT_H_
#define NCLAB_TOOLS_TESTING_ITEM_KIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/base/registry/registry.h"
#include "tools/base/status_macros.h"

// Returns a broken promise from the enclosing function unless `condition`; the
// rest is what absl::StrCat() takes.
#define NCLAB_PROMISE(condition, ...)                                  \
  do {                                                                 \
    if (!(condition)) {                                                \
      return absl::FailedPreconditionError(absl::StrCat(__VA_ARGS__)); \
    }                                                                  \
  } while (false)

namespace nclab {

absl::Status CheckFacts(const std::string& name, const std::string& summary,
                        const std::string& reference,
                        const std::vector<ParamSpec>& params);

// The name of a ModelInfo, DatasetInfo, ... is a word of a-z, 0-9 and _; its
// summary is one line; its reference and the help of every parameter are there.
template <typename Info>
absl::Status CheckFacts(const Info& info) {
  return CheckFacts(info.name, info.summary, info.reference, info.params);
}

// Its defaults bind, and so does what they print as, to the same.
template <typename AnyRegistry>
absl::Status CheckItemDefaults(const AnyRegistry& registry,
                               const std::string& name) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, registry.Bind(name));
  const std::string text = bound.ToString();
  const absl::StatusOr<BoundChoice> again = registry.Bind(text);
  NCLAB_PROMISE(again.ok(), "its defaults, written out, do not bind: ", text,
                ": ", again.status().message());
  NCLAB_PROMISE(again->ToString() == text, "its defaults ", text,
                " bind to others: ", again->ToString());
  return absl::OkStatus();
}

}  // namespace nclab

#endif  // NCLAB_TOOLS_TESTING_ITEM_KIT_H_
