#include "experiments/cli/flags/field_flags.h"

#include <gflags/gflags.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/spec/fields.h"
#include "tools/base/status_macros.h"

DEFINE_string(set, "",
              "(repeatable) settings like these flags, and parameters of "
              "choices, as optimizer.weight_decay=5e-4");

namespace nclab {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

// Names and values; "": not given. gflags keeps pointers to all of it.
Settings& Flags() {
  static auto* const flags = [] {
    auto* flags = new Settings;
    for (const Field& field : Fields()) {
      if (field.settable) flags->emplace_back(field.param.name, "");
    }
    for (const std::string& name : FormerFields())
      flags->emplace_back(name, "");
    return flags;
  }();
  return *flags;
}

std::string Describe(const std::string& name) {
  const Field* field = FindField(name);
  if (field == nullptr) return "(internal) now a parameter of the optimizer";
  std::string text = field->param.help;
  if (!field->param.allowed.empty()) {
    absl::StrAppend(&text, ": ", absl::StrJoin(field->param.allowed, ", "));
  }
  const std::string value = FieldText(*field, RunSpec());
  if (!value.empty()) absl::StrAppend(&text, "; default: ", value);
  return text;
}

[[maybe_unused]] const bool registered = [] {
  for (auto& [name, value] : Flags()) {
    const auto* help = new std::string(Describe(name));
    auto* unset = new std::string;
    gflags::FlagRegisterer(name.c_str(), help->c_str(), __FILE__, &value,
                           unset);
  }
  return true;
}();

}  // namespace

absl::StatusOr<Settings> SettingsFromFlags() {
  Settings given;
  for (const auto& [name, value] : Flags()) {
    if (!value.empty()) given.emplace_back(name, value);
  }
  NCLAB_ASSIGN_OR_RETURN(const Settings set, ParseSettings(FLAGS_set));
  given.insert(given.end(), set.begin(), set.end());
  return given;
}

}  // namespace nclab
