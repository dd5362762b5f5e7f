#include "tools/testing/item_kit.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace nclab {

absl::Status CheckItemInfo(const ItemInfo& info) {
  NCLAB_PROMISE(
      !info.name.empty() && std::all_of(info.name.begin(), info.name.end(),
                                        [](char c) {
                                          return absl::ascii_islower(c) ||
                                                 absl::ascii_isdigit(c) ||
                                                 c == '_';
                                        }),
      "the name '", info.name, "' has other characters than a-z, 0-9 and _");
  NCLAB_PROMISE(!info.summary.empty() && !absl::StrContains(info.summary, '\n'),
                "its summary is not one line: '", info.summary, "'");
  NCLAB_PROMISE(!info.reference.empty(), "its reference is empty");
  for (const ParamSpec& param : info.params) {
    NCLAB_PROMISE(!param.help.empty(), "parameter '", param.name,
                  "' has no help");
  }
  return absl::OkStatus();
}

}  // namespace nclab
