#include "tools/base/registry/choice.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

bool IsName(absl::string_view text) {
  if (text.empty() || !(absl::ascii_isalpha(text[0]) || text[0] == '_')) {
    return false;
  }
  for (const char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return true;
}

bool Balanced(absl::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (c == ')' && --depth < 0) return false;
  }
  return depth == 0;
}

// Commas outside parentheses.
int64_t TopLevelCommas(absl::string_view text) {
  int depth = 0;
  int64_t commas = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth == 0) ++commas;
  }
  return commas;
}

absl::Status Malformed(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("Cannot read the choice '", text, "': ", why,
                   ". Expected the form name(parameter=value,...)."));
}

}  // namespace

absl::StatusOr<Choice> ParseChoice(absl::string_view text) {
  const absl::string_view whole = absl::StripAsciiWhitespace(text);
  const size_t open = whole.find('(');
  Choice choice;
  choice.name = std::string(absl::StripAsciiWhitespace(
      whole.substr(0, std::min(open, whole.size()))));
  if (!IsName(choice.name)) {
    return Malformed(text, absl::StrCat("'", choice.name, "' is not a name"));
  }
  if (open == absl::string_view::npos) return choice;
  if (whole.back() != ')') return Malformed(text, "it does not end in ')'");
  const absl::string_view inner =
      whole.substr(open + 1, whole.size() - open - 2);
  if (!Balanced(inner)) {
    return Malformed(text, "its parentheses do not match");
  }
  const std::vector<std::string> arguments = SplitList(inner);
  const int64_t commas = TopLevelCommas(inner);
  if (commas > 0 && commas + 1 != static_cast<int64_t>(arguments.size())) {
    return Malformed(text, "it has a comma too many");
  }
  for (const std::string& argument : arguments) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos) {
      return Malformed(text, absl::StrCat("'", argument, "' has no '='"));
    }
    std::string name(absl::StripAsciiWhitespace(argument.substr(0, equals)));
    std::string value(absl::StripAsciiWhitespace(argument.substr(equals + 1)));
    if (!IsName(name)) {
      return Malformed(text, absl::StrCat("'", name, "' is not a name"));
    }
    if (value.empty()) {
      return Malformed(text, absl::StrCat("'", name, "' has no value"));
    }
    choice.args.emplace_back(std::move(name), std::move(value));
  }
  return choice;
}

std::string ToString(const Choice& choice) {
  if (choice.args.empty()) return choice.name;
  return absl::StrCat(choice.name, "(",
                      absl::StrJoin(choice.args, ",", absl::PairFormatter("=")),
                      ")");
}

std::string BoundChoice::ToString() const {
  Choice choice{name, {}};
  for (const auto& [parameter, value] : params.values()) {
    choice.args.emplace_back(parameter, FormatParamValue(value));
  }
  return nclab::ToString(choice);
}

}  // namespace nclab
