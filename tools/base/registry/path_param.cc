#include "tools/base/registry/path_param.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/base/files/files.h"
#include "tools/base/registry/choice.h"
#include "tools/base/text/utf8.h"

namespace nclab {

ParamSpec PathParam(std::string name, std::string help) {
  ParamSpec spec = StringParam(std::move(name), kDefaultPath, std::move(help));
  spec.canonical = [](const std::string& text) -> absl::StatusOr<std::string> {
    if (text == kDefaultPath) return text;
    const std::string path = UserPath(text);
    const absl::StatusOr<Choice> choice =
        ParseChoice(absl::StrCat("a(b=", path, ")"));
    if (IsUtf8(path) && choice.ok() && choice->args.size() == 1 &&
        choice->args[0].second == path) {
      return path;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("the path '", IsUtf8(path) ? path : "(not UTF-8)",
                     "' has characters that a choice cannot hold; use one of "
                     "UTF-8 without commas, outer blanks and single "
                     "parentheses, as a link to it."));
  };
  return spec;
}

}  // namespace nclab
