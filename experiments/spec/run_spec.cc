#include "experiments/spec/run_spec.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <type_traits>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/spec/fields.h"
#include "nlohmann/json.hpp"
#include "tools/base/registry/choice_name.h"
#include "tools/base/registry/params.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/json.h"

namespace nclab {
namespace {

using Json = nlohmann::json;

// Of a recipe's text; and of a measurement's.
constexpr int kVersion = 3;
constexpr int kMeasurementVersion = 1;
constexpr char kGrid[] = "grid";

// Of init_from: the spec as JSON, null if there is none.
Json RunToJson(const std::string& text) {
  return text.empty() ? Json() : Json::parse(text);
}

// The fields of one kind.
Json ToJsonValue(const RunSpec& spec, FieldOf of, int version) {
  Json json = {{"version", version}};
  for (const Field& field : Fields()) {
    if (field.of != of) continue;
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
  std::vector<std::string> measured;
  for (const Field& field : Fields()) {
    if (field.of == FieldOf::kMeasurement && json.contains(field.param.name)) {
      measured.push_back(absl::StrCat("'", field.param.name, "'"));
    }
  }
  if (!measured.empty()) {
    absl::StrAppend(&message, " Its ", absl::StrJoin(measured, ", "),
                    ", what is measured, are no longer part of a run: they are "
                    "in measure.json beside it.");
  }
  return absl::InvalidArgumentError(message);
}

// Reads the fields of one kind; `what` has them: "A spec".
absl::Status ReadFields(const Json& json, FieldOf of, const std::string& what,
                        RunSpec& spec) {
  for (const Field& field : Fields()) {
    const std::string& name = field.param.name;
    if (field.of != of) continue;
    if (!json.contains(name) || !Read(json[name], field, spec)) {
      return absl::InvalidArgumentError(absl::StrCat(
          what, " lacks '", name, "', or has another type there."));
    }
  }
  for (const auto& [key, value] : json.items()) {
    const Field* field = FindField(key);
    const bool known = field != nullptr && field->of == of;
    if (known || key == "version") continue;
    if (key == kGrid && of == FieldOf::kMeasurement) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(what, " has the unknown key '", key, "'."));
  }
  return absl::OkStatus();
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

// The run that `spec` starts from; whether the checkpoint is there is known
// where the run is.
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
  if (spec.init_step < 0 || spec.init_step > parent->steps) {
    return absl::InvalidArgumentError(absl::StrCat(
        "init_step is ", spec.init_step, "; expected a step from 0 to ",
        parent->steps, ", of the run to start from."));
  }
  return absl::OkStatus();
}

// `count` log-spaced steps from 1 on, the next one being `end`.
void AddLogSpaced(double end, int64_t count, std::set<int64_t>& grid) {
  for (int64_t i = 0; i < count; ++i) {
    const double exponent =
        std::log(end) * static_cast<double>(i) / static_cast<double>(count);
    grid.insert(std::llround(std::exp(exponent)));
  }
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

std::string ToJson(const Recipe& canonical) {
  RunSpec spec;
  static_cast<Recipe&>(spec) = canonical;
  return JsonText(ToJsonValue(spec, FieldOf::kRecipe, kVersion));
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
  NCLAB_RETURN_IF_ERROR(ReadFields(json, FieldOf::kRecipe, "A spec", spec));
  return spec;
}

std::string MeasurementToJson(const Measurement& canonical) {
  RunSpec spec;
  static_cast<Measurement&>(spec) = canonical;
  Json json = ToJsonValue(spec, FieldOf::kMeasurement, kMeasurementVersion);
  json[kGrid] = canonical.grid;
  return JsonText(json);
}

absl::StatusOr<Measurement> MeasurementFromJson(absl::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("version") ||
      json["version"] != kMeasurementVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("What is measured is not a JSON object of version ",
                     kMeasurementVersion, "."));
  }
  RunSpec spec;
  NCLAB_RETURN_IF_ERROR(
      ReadFields(json, FieldOf::kMeasurement, "What is measured", spec));
  const Json grid = json.value(kGrid, Json());
  if (!grid.is_array() ||
      !std::all_of(grid.begin(), grid.end(),
                   [](const Json& step) { return step.is_number_integer(); })) {
    return absl::InvalidArgumentError(
        "What is measured lacks 'grid', or has another type there.");
  }
  spec.grid = grid.get<std::vector<int64_t>>();
  return static_cast<Measurement&>(spec);
}

Measurement Union(const Measurement& there, const Measurement& asked) {
  static const std::vector<std::string> all = {"all"};
  Measurement both = there;
  const auto add = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
    SortUnique(to);
  };
  add(both.metrics, asked.metrics);
  add(both.layers, asked.layers);
  if (there.layers == all || asked.layers == all) both.layers = all;
  add(both.save_steps, asked.save_steps);
  if (there.grid.empty()) {
    both.eval_points = std::max(there.eval_points, asked.eval_points);
    both.grid = asked.grid;
  }
  return both;
}

bool Covers(const Measurement& there, const Measurement& asked) {
  return MeasurementToJson(Union(there, asked)) == MeasurementToJson(there);
}

std::string RunName(const Recipe& canonical) {
  const std::string text = ToJson(canonical);
  const uint32_t crc = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()),
            static_cast<uInt>(text.size())));
  return absl::StrFormat("%s-%s-seed%d-%08x", ChoiceName(canonical.dataset),
                         ChoiceName(canonical.model), canonical.seed, crc);
}

std::string ParentRunName(const Recipe& canonical) {
  if (canonical.init_from.empty()) return "";
  const absl::StatusOr<RunSpec> parent = RunSpecFromJson(canonical.init_from);
  return parent.ok() ? RunName(*parent) : "";
}

std::vector<int64_t> EvaluationSteps(const RunSpec& canonical,
                                     int64_t samples) {
  constexpr int64_t kLeastEven = 10;
  const int64_t steps = canonical.steps;
  int64_t even = canonical.eval_points / 2;
  const int64_t log = canonical.eval_points - even - 1;
  if (samples > 0) {
    const double affordable = 0.01 * 3 * static_cast<double>(steps) *
                              static_cast<double>(canonical.batch_size) /
                              static_cast<double>(samples);
    even = std::clamp(affordable < static_cast<double>(even)
                          ? static_cast<int64_t>(affordable)
                          : even,
                      std::min(kLeastEven, even), even);
  }
  std::set<int64_t> grid = {0, steps};
  for (int64_t i = 1; i < even; ++i) {
    grid.insert(std::llround(static_cast<double>(steps) *
                             (static_cast<double>(i) / double(even))));
  }
  AddLogSpaced(static_cast<double>(steps) / double(even), log, grid);
  grid.insert(canonical.save_steps.begin(), canonical.save_steps.end());
  return {grid.begin(), grid.end()};
}

std::vector<int64_t> StopSteps(const Recipe& canonical) {
  if (canonical.stop_train_loss <= 0 && canonical.stop_train_objective <= 0) {
    return {};
  }
  std::set<int64_t> grid;
  AddLogSpaced(static_cast<double>(canonical.steps), kStopChecks / 2 - 2, grid);
  for (int64_t i = 1; i <= kStopChecks; ++i) {
    grid.insert(std::llround(static_cast<double>(canonical.steps) *
                             (static_cast<double>(i) / double{kStopChecks})));
  }
  grid.erase(0);
  return {grid.begin(), grid.end()};
}

}  // namespace nclab
