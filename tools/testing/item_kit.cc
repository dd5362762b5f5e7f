#include "tools/testing/item_kit.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace nclab {

absl::Status CheckFacts(const std::string& name, const std::string& summary,
                        const std::string& reference,
                        const std::vector<ParamSpec>& params) {
  NCLAB_PROMISE(
      !name.empty() && std::all_of(name.begin(), name.end(),
                                   [](char c) {
                                     return absl::ascii_islower(c) ||
                                            absl::ascii_isdigit(c) || c == '_';
                                   }),
      "the name '", name, "' has other characters than a-z, 0-9 and _");
  NCLAB_PROMISE(!summary.empty() && !absl::StrContains(summary, '\n'),
                "its summary is not one line: '", summary, "'");
  NCLAB_PROMISE(!reference.empty(), "its reference is empty");
  for (const ParamSpec& param : params) {
    NCLAB_PROMISE(!param.help.empty(), "parameter '", param.name,
                  "' has no help");
  }
  return absl::OkStatus();
}

}  // namespace nclab
