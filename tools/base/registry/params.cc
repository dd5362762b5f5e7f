#include "tools/base/registry/params.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

template <typename T>
const T& GetAs(const ParamValue& value, absl::string_view name) {
  const T* typed = std::get_if<T>(&value);
  if (typed == nullptr) {
    std::fprintf(stderr, "nclab: parameter '%s' read as another type\n",
                 std::string(name).c_str());
    std::abort();
  }
  return *typed;
}

// "0.5", "1000000", never "1e+06".
std::string ForPeople(double bound) {
  const bool whole = std::trunc(bound) == bound && std::abs(bound) < 9e18;
  return whole ? absl::StrCat(static_cast<int64_t>(bound))
               : FormatDouble(bound);
}

std::string RangeText(const ParamSpec& spec) {
  const bool has_min = std::isfinite(spec.min);
  const bool has_max =
      std::isfinite(spec.max) &&
      spec.max < static_cast<double>(std::numeric_limits<int64_t>::max());
  if (has_min && has_max) {
    return absl::StrCat(" from ", ForPeople(spec.min), " to ",
                        ForPeople(spec.max));
  }
  if (has_min) return absl::StrCat(" of at least ", ForPeople(spec.min));
  if (has_max) return absl::StrCat(" of at most ", ForPeople(spec.max));
  return "";
}

std::string Expected(const ParamSpec& spec) {
  if (std::holds_alternative<bool>(spec.default_value)) {
    return "true or false";
  }
  if (std::holds_alternative<int64_t>(spec.default_value)) {
    return absl::StrCat("a whole number", RangeText(spec));
  }
  if (std::holds_alternative<double>(spec.default_value)) {
    return absl::StrCat("a number", RangeText(spec));
  }
  return absl::StrCat("one of: ", absl::StrJoin(spec.allowed, ", "));
}

bool InRange(const ParamSpec& spec, double value) {
  return value >= spec.min && value <= spec.max;  // false for NaN
}

// The value of `text` as the type of `spec`, or an error without context.
absl::StatusOr<ParamValue> ParseValue(const ParamSpec& spec,
                                      const std::string& text) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", Expected(spec)));
  };
  if (std::holds_alternative<bool>(spec.default_value)) {
    if (text == "true" || text == "1") return ParamValue(true);
    if (text == "false" || text == "0") return ParamValue(false);
    return wrong();
  }
  if (std::holds_alternative<int64_t>(spec.default_value)) {
    int64_t value;
    if (!absl::SimpleAtoi(text, &value)) return wrong();
    if (!InRange(spec, static_cast<double>(value))) return wrong();
    return ParamValue(value);
  }
  if (std::holds_alternative<double>(spec.default_value)) {
    double value;
    if (!absl::SimpleAtod(text, &value)) return wrong();
    if (!std::isfinite(value) || !InRange(spec, value)) return wrong();
    return ParamValue(value);
  }
  if (!spec.allowed.empty()) {
    const std::set<std::string> allowed(spec.allowed.begin(),
                                        spec.allowed.end());
    if (allowed.count(text) == 0) return wrong();
  }
  if (spec.canonical) return spec.canonical(text);
  return ParamValue(text);
}

}  // namespace

ParamSpec BoolParam(std::string name, bool default_value, std::string help) {
  return {std::move(name), default_value, std::move(help)};
}

ParamSpec IntParam(std::string name, int64_t default_value, std::string help,
                   double min, double max) {
  return {std::move(name), default_value, std::move(help), min, max};
}

ParamSpec FloatParam(std::string name, double default_value, std::string help,
                     double min, double max) {
  return {std::move(name), default_value, std::move(help), min, max};
}

ParamSpec StringParam(std::string name, std::string default_value,
                      std::string help, std::vector<std::string> allowed) {
  ParamSpec spec{std::move(name), std::move(default_value), std::move(help)};
  spec.allowed = std::move(allowed);
  return spec;
}

absl::string_view ParamTypeName(const ParamSpec& spec) {
  static constexpr absl::string_view kNames[] = {"bool", "int", "float",
                                                 "string"};
  return kNames[spec.default_value.index()];
}

std::string FormatParamValue(const ParamValue& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const auto* i = std::get_if<int64_t>(&value)) return absl::StrCat(*i);
  if (const auto* d = std::get_if<double>(&value)) return FormatDouble(*d);
  return std::get<std::string>(value);
}

const ParamValue& Params::Get(absl::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  std::fprintf(stderr, "nclab: parameter '%s' was read but not declared\n",
               std::string(name).c_str());
  std::abort();
}

bool Params::Bool(absl::string_view name) const {
  return GetAs<bool>(Get(name), name);
}
int64_t Params::Int(absl::string_view name) const {
  return GetAs<int64_t>(Get(name), name);
}
double Params::Float(absl::string_view name) const {
  return GetAs<double>(Get(name), name);
}
const std::string& Params::String(absl::string_view name) const {
  return GetAs<std::string>(Get(name), name);
}

void Params::Set(absl::string_view name, ParamValue value) {
  ParamValue& slot = const_cast<ParamValue&>(Get(name));
  if (slot.index() != value.index()) {
    std::fprintf(stderr, "nclab: parameter '%s' set to another type\n",
                 std::string(name).c_str());
    std::abort();
  }
  slot = std::move(value);
}

absl::StatusOr<Params> BindParams(
    absl::string_view owner, const std::vector<ParamSpec>& specs,
    const std::vector<std::pair<std::string, std::string>>& args) {
  Params params;
  for (const ParamSpec& spec : specs) {
    params.values_.emplace_back(spec.name, spec.default_value);
  }
  std::set<std::string> seen;
  for (const auto& [name, text] : args) {
    if (!seen.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("Parameter '", name, "' of ", owner,
                       " is given twice. Give it once."));
    }
    const ParamSpec* spec = nullptr;
    std::vector<std::string> known;
    for (const ParamSpec& candidate : specs) {
      known.push_back(candidate.name);
      if (candidate.name == name) spec = &candidate;
    }
    if (spec == nullptr) {
      return absl::InvalidArgumentError(
          UnknownNameError(
              "parameter", name, known,
              absl::StrCat("These are the parameters of ", owner, "."))
              .message());
    }
    absl::StatusOr<ParamValue> value = ParseValue(*spec, text);
    if (!value.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "Parameter '", name, "' of ", owner, " is '", text, "'; ",
          absl::StripSuffix(value.status().message(), "."), "."));
    }
    params.Set(name, *std::move(value));
  }
  for (const ParamSpec& spec : specs) {
    if (!spec.canonical || seen.count(spec.name) > 0) continue;
    NCLAB_ASSIGN_OR_RETURN(
        std::string text,
        spec.canonical(std::get<std::string>(spec.default_value)));
    params.Set(spec.name, std::move(text));
  }
  return params;
}

}  // namespace nclab
