// Declared parameters of registered things, and their bound values.
//
// An item declares its parameters once, with types, defaults and ranges; the
// values that a user writes are checked against the declaration in one place,
// BindParams(), before the item's factory runs.
#ifndef NCLAB_TOOLS_BASE_REGISTRY_PARAMS_H_
#define NCLAB_TOOLS_BASE_REGISTRY_PARAMS_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

using ParamValue = std::variant<bool, int64_t, double, std::string>;

struct ParamSpec {
  std::string name;
  ParamValue default_value;  // its alternative is the parameter's type
  std::string help;
  double min = -std::numeric_limits<double>::infinity();  // numbers only
  double max = std::numeric_limits<double>::infinity();   // inclusive
  std::vector<std::string> allowed;  // strings only; empty: any
  // Strings only: checks a value and writes it in full. BindParams() calls it,
  // for the default where none is given.
  std::function<absl::StatusOr<std::string>(const std::string&)> canonical;
};

ParamSpec BoolParam(std::string name, bool default_value, std::string help);
ParamSpec IntParam(
    std::string name, int64_t default_value, std::string help, double min = 0,
    double max = static_cast<double>(std::numeric_limits<int64_t>::max()));
ParamSpec FloatParam(std::string name, double default_value, std::string help,
                     double min = -std::numeric_limits<double>::infinity(),
                     double max = std::numeric_limits<double>::infinity());
// A word. With `allowed`, one of these.
ParamSpec StringParam(std::string name, std::string default_value,
                      std::string help, std::vector<std::string> allowed = {});

// "int", "float", "bool" or "string".
absl::string_view ParamTypeName(const ParamSpec& spec);

// The value as it is written in a choice string. Numbers parse back exactly.
std::string FormatParamValue(const ParamValue& value);

// Bound values in declaration order. Reading a name that was not declared, or
// as another type, is a bug of the item and aborts.
class Params {
 public:
  bool Bool(absl::string_view name) const;
  int64_t Int(absl::string_view name) const;
  double Float(absl::string_view name) const;
  const std::string& String(absl::string_view name) const;

  // Replaces the value of a declared parameter by one of the same type.
  void Set(absl::string_view name, ParamValue value);

  const std::vector<std::pair<std::string, ParamValue>>& values() const {
    return values_;
  }

 private:
  friend absl::StatusOr<Params> BindParams(
      absl::string_view, const std::vector<ParamSpec>&,
      const std::vector<std::pair<std::string, std::string>>&);
  const ParamValue& Get(absl::string_view name) const;

  std::vector<std::pair<std::string, ParamValue>> values_;
};

// Values of all `specs`: those in `args`, defaults otherwise.
// \error kInvalidArgument if an argument is unknown, given twice, of the wrong
// type or out of range; the message names `owner` (for example "model 'mlp'").
absl::StatusOr<Params> BindParams(
    absl::string_view owner, const std::vector<ParamSpec>& specs,
    const std::vector<std::pair<std::string, std::string>>& args);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_REGISTRY_PARAMS_H_
