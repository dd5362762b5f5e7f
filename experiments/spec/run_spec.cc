#include "experiments/spec/run_spec.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <type_traits>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/spec/fields.h"
#include "nlohmann/json.hpp"
#include "tools/base/registry/choice_name.h"
#include "tools/base/registry/params.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/json.h"

namespace nclab {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 2;

// Of init_from: the spec as JSON, null if there is none.
Json RunToJson(const std::string& text) {
  return text.empty() ? Json() : Json::parse(text);
}

Json ToJsonValue(const RunSpec& spec) {
  Json json = {{"version", kVersion}};
  for (const Field& field : Fields()) {
    std::visit(
        [&](auto member) {
          Json& value = json[field.param.name];
          value = spec.*member;
          if (field.noun == "run") value = RunToJson(value);
        },
        field.member);
  }
  return json;
}

// Reads one field out of its JSON. Whether it was of the right type.
bool Read(const Json& json, const Field& field, RunSpec& spec) {
  if (field.noun == "run") {
    if (!json.is_object() && !json.is_null()) return false;
    spec.*std::get<std::string RunSpec::*>(field.member) =
        json.is_null() ? "" : JsonText(json);
    return true;
  }
  return std::visit(
      [&](auto member) {
        using T = std::decay_t<decltype(spec.*member)>;
        const auto all = [&](auto is) {
          return json.is_array() && std::all_of(json.begin(), json.end(), is);
        };
        bool right = false;
        if constexpr (std::is_same_v<T, std::string>) {
          right = json.is_string();
        } else if constexpr (std::is_same_v<T, int64_t>) {
          right = json.is_number_integer();
        } else if constexpr (std::is_same_v<T, double>) {
          right = json.is_number();
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          right = all([](const Json& word) { return word.is_string(); });
        } else {
          right =
              all([](const Json& step) { return step.is_number_integer(); });
        }
        if (right) spec.*member = json.get<T>();
        return right;
      },
      field.member);
}

// Of another version: names what is something else now.
absl::Status AnotherVersion(const Json& json) {
  std::string message =
      absl::StrCat("A spec is of version ", json["version"].dump(),
                   "; this program reads version ", kVersion, ".");
  for (const std::string& name : FormerFields()) {
    if (!json.contains(name)) continue;
    absl::StrAppend(&message, " Its '", name, "': ", json[name].dump(),
                    " is now a parameter of 'optimizer', as sgd(", name, "=",
                    json[name].dump(), ").");
  }
  return absl::InvalidArgumentError(message);
}

template <typename T>
void SortUnique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// Every scalar field through the same checks as text.
absl::Status CheckScalars(const RunSpec& spec) {
  for (const Field& field : Fields()) {
    if (field.is_list() || !field.noun.empty()) continue;
    NCLAB_RETURN_IF_ERROR(
        BindParams("the run", {field.param},
                   {{field.param.name, FieldText(field, spec)}})
            .status());
  }
  return absl::OkStatus();
}

// The run that `spec` starts from, and that it keeps the checkpoint.
absl::Status CheckParent(const RunSpec& spec) {
  if (spec.init_from.empty()) {
    if (spec.init_step == 0 && spec.init_head == RunSpec().init_head) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        "init_step and init_head need a run to start from (init_from).");
  }
  const absl::StatusOr<RunSpec> parent = RunSpecFromJson(spec.init_from);
  if (!parent.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("init_from: ", parent.status().message()));
  }
  const auto& kept = parent->save_steps;
  if (spec.init_step != parent->steps &&
      std::find(kept.begin(), kept.end(), spec.init_step) == kept.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "init_step is ", spec.init_step, ", but the run to start from keeps ",
        "no checkpoint there. It keeps those of save_steps and its last (",
        parent->steps, ")."));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RunSpec> CheckFields(const RunSpec& spec) {
  NCLAB_RETURN_IF_ERROR(CheckScalars(spec));
  if (spec.layers.empty()) {
    return absl::InvalidArgumentError(
        "No layer is named; expected names such as features, or all.");
  }
  for (const int64_t step : spec.save_steps) {
    if (step < 0 || step > spec.steps) {
      return absl::InvalidArgumentError(
          absl::StrCat("save_steps has ", step, "; expected steps from 0 to ",
                       spec.steps, "."));
    }
  }
  if (spec.stop_train_loss > 0 && spec.stop_train_objective > 0) {
    return absl::InvalidArgumentError(
        "stop_train_loss and stop_train_objective are both set. Set the one "
        "at which the run is to end.");
  }
  NCLAB_RETURN_IF_ERROR(CheckParent(spec));
  RunSpec result = spec;
  SortUnique(result.metrics);
  SortUnique(result.layers);
  SortUnique(result.save_steps);
  return result;
}

std::string ToJson(const RunSpec& canonical) {
  return JsonText(ToJsonValue(canonical));
}

absl::StatusOr<RunSpec> RunSpecFromJson(absl::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return absl::InvalidArgumentError("A spec is not a JSON object.");
  }
  if (!json.contains("version")) {
    return absl::InvalidArgumentError("A spec lacks 'version'.");
  }
  if (json["version"] != kVersion) return AnotherVersion(json);
  RunSpec spec;
  for (const Field& field : Fields()) {
    const std::string& name = field.param.name;
    if (!json.contains(name) || !Read(json[name], field, spec)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "A spec lacks '", name, "', or has another type there."));
    }
  }
  for (const auto& [key, value] : json.items()) {
    if (key != "version" && FindField(key) == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("A spec has the unknown key '", key, "'."));
    }
  }
  return spec;
}

std::string RunName(const RunSpec& canonical) {
  const std::string text = ToJson(canonical);
  const uint32_t crc = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()),
            static_cast<uInt>(text.size())));
  return absl::StrFormat("%s-%s-seed%d-%08x", ChoiceName(canonical.dataset),
                         ChoiceName(canonical.model), canonical.seed, crc);
}

std::string ParentRunName(const RunSpec& canonical) {
  if (canonical.init_from.empty()) return "";
  const absl::StatusOr<RunSpec> parent = RunSpecFromJson(canonical.init_from);
  return parent.ok() ? RunName(*parent) : "";
}

std::vector<int64_t> EvaluationSteps(int64_t steps, int64_t points) {
  std::set<int64_t> grid = {0, steps};
  const int64_t inner = points - 2;
  for (int64_t i = 0; i < inner; ++i) {
    const double exponent = std::log(static_cast<double>(steps)) *
                            static_cast<double>(i) / static_cast<double>(inner);
    grid.insert(std::llround(std::exp(exponent)));
  }
  return {grid.begin(), grid.end()};
}

std::vector<int64_t> EvaluationSteps(const RunSpec& canonical) {
  const std::vector<int64_t> points =
      EvaluationSteps(canonical.steps, canonical.eval_points);
  std::set<int64_t> grid(points.begin(), points.end());
  grid.insert(canonical.save_steps.begin(), canonical.save_steps.end());
  return {grid.begin(), grid.end()};
}

std::vector<int64_t> StopSteps(const RunSpec& canonical) {
  if (canonical.stop_train_loss <= 0 && canonical.stop_train_objective <= 0) {
    return {};
  }
  const std::vector<int64_t> evaluations = EvaluationSteps(canonical);
  std::set<int64_t> grid(evaluations.begin(), evaluations.end());
  for (int64_t i = 1; i <= kStopChecks; ++i) {
    grid.insert(std::llround(static_cast<double>(canonical.steps) *
                             (static_cast<double>(i) / double{kStopChecks})));
  }
  grid.erase(0);
  return {grid.begin(), grid.end()};
}

}  // namespace nclab
