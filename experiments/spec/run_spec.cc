#include "experiments/spec/run_spec.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "tools/base/errors.h"
#include "tools/base/registry/choice_name.h"
#include "tools/base/registry/params.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/json.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

// Types and ranges of the scalar fields, declared as any item's parameters.
const std::vector<ParamSpec>& ScalarFields() {
  static const auto* const fields = [] {
    const RunSpec d;
    return new std::vector<ParamSpec>{
        IntParam("steps", d.steps, "SGD iterations", 1, 1e12),
        IntParam("batch_size", d.batch_size, "samples per step", 1, 1e9),
        FloatParam("lr", d.lr, "initial learning rate", 0, 1e6),
        FloatParam("momentum", d.momentum, "of SGD", 0, 1),
        FloatParam("weight_decay", d.weight_decay, "L2 penalty of SGD", 0, 1e6),
        StringParam("schedule", d.schedule, "of the learning rate",
                    {"cosine", "constant"}),
        FloatParam("stop_train_loss", d.stop_train_loss,
                   "stop where the training split's loss, in evaluation mode, "
                   "is below this; 0: never",
                   0, 1e6),
        IntParam("seed", d.seed, "of weights and of the order of samples", 0,
                 1e15),
        StringParam("precision", d.precision, "of the forward pass",
                    {"fp32", "tf32", "bf16"}),
        IntParam("eval_points", d.eval_points, "evaluations of a run", 2, 1e6),
        StringParam("init_head", d.init_head,
                    "the last Linear of a run that starts from another",
                    {"new", "keep"}),
        StringParam("train_part", d.train_part, "what is trained",
                    {"all", "head"}),
    };
  }();
  return *fields;
}

// Writes a bound scalar into its field.
void Assign(RunSpec& spec, const std::string& key, const ParamValue& value) {
  const auto i = [&] { return std::get<int64_t>(value); };
  const auto d = [&] { return std::get<double>(value); };
  const auto s = [&] { return std::get<std::string>(value); };
  if (key == "steps") spec.steps = i();
  if (key == "batch_size") spec.batch_size = i();
  if (key == "lr") spec.lr = d();
  if (key == "momentum") spec.momentum = d();
  if (key == "weight_decay") spec.weight_decay = d();
  if (key == "schedule") spec.schedule = s();
  if (key == "stop_train_loss") spec.stop_train_loss = d();
  if (key == "seed") spec.seed = i();
  if (key == "precision") spec.precision = s();
  if (key == "eval_points") spec.eval_points = i();
  if (key == "init_head") spec.init_head = s();
  if (key == "train_part") spec.train_part = s();
}

// Fields that few runs set are there only where they are set.
Json ToJsonValue(const RunSpec& s) {
  Json json = {{"version", kVersion},
               {"dataset", s.dataset},
               {"model", s.model},
               {"steps", s.steps},
               {"batch_size", s.batch_size},
               {"lr", s.lr},
               {"momentum", s.momentum},
               {"weight_decay", s.weight_decay},
               {"schedule", s.schedule},
               {"stop_train_loss", s.stop_train_loss},
               {"seed", s.seed},
               {"precision", s.precision},
               {"metrics", s.metrics},
               {"layers", s.layers},
               {"eval_points", s.eval_points},
               {"save_steps", s.save_steps}};
  if (!s.init_from.empty()) {
    json["init_from"] = Json::parse(s.init_from);
    json["init_step"] = s.init_step;
    json["init_head"] = s.init_head;
  }
  if (s.train_part != "all") json["train_part"] = s.train_part;
  return json;
}

template <typename T>
void SortUnique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// Every scalar field through the same checks as text.
absl::Status CheckScalars(RunSpec spec) {
  spec.init_from.clear();  // it need not be JSON yet
  Json json = ToJsonValue(spec);
  json["init_head"] = spec.init_head;
  json["train_part"] = spec.train_part;
  RunSpec scratch;
  for (const ParamSpec& field : ScalarFields()) {
    const Json& value = json[field.name];
    NCLAB_RETURN_IF_ERROR(SetField(scratch, field.name,
                                   value.is_string() ? value.get<std::string>()
                                   : value.is_number_float()
                                       ? FormatDouble(value.get<double>())
                                       : value.dump()));
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

// The fields of a spec that need not be there.
absl::Status ReadOptional(const Json& json, RunSpec& s) {
  const auto wrong = [](const std::string& key) {
    return absl::InvalidArgumentError(
        absl::StrCat("A spec has a '", key, "' of another type."));
  };
  for (const char* key : {"init_head", "train_part"}) {
    if (!json.contains(key)) continue;
    if (!json[key].is_string()) return wrong(key);
    NCLAB_RETURN_IF_ERROR(SetField(s, key, json[key].get<std::string>()));
  }
  if (json.contains("init_step")) {
    if (!json["init_step"].is_number_integer()) return wrong("init_step");
    s.init_step = json["init_step"];
  }
  if (json.contains("init_from")) {
    if (!json["init_from"].is_object()) return wrong("init_from");
    s.init_from = json["init_from"].dump(2) + "\n";
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SetField(RunSpec& spec, absl::string_view key,
                      absl::string_view value) {
  const std::string name(key), text(value);
  if (name == "dataset") {
    spec.dataset = text;
  } else if (name == "model") {
    spec.model = text;
  } else if (name == "metrics" || name == "layers") {
    std::vector<std::string>& list =
        name == "metrics" ? spec.metrics : spec.layers;
    list = SplitList(text);
    if (list.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", name, "' names nothing; expected words such as ",
                       name == "metrics" ? "loss,accuracy (every metric is the "
                                           "default)."
                                         : "fc1,features, or all."));
    }
  } else if (name == "save_steps") {
    spec.save_steps.clear();
    if (!SplitList(text).empty()) {
      NCLAB_ASSIGN_OR_RETURN(spec.save_steps, ParseIntList("save_steps", text));
    }
  } else {
    std::vector<std::string> known = {"dataset", "model", "metrics", "layers",
                                      "save_steps"};
    for (const ParamSpec& field : ScalarFields()) {
      known.push_back(field.name);
      if (field.name != name) continue;
      NCLAB_ASSIGN_OR_RETURN(const Params bound,
                             BindParams("the run", {field}, {{name, text}}));
      Assign(spec, name, bound.values()[0].second);
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        UnknownNameError("setting of a run", name, known).message());
  }
  return absl::OkStatus();
}

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
  NCLAB_RETURN_IF_ERROR(CheckParent(spec));
  RunSpec result = spec;
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
  const Json expected = ToJsonValue(RunSpec());
  for (const auto& [key, value] : expected.items()) {
    const bool same_kind =
        json.contains(key) &&
        (json[key].type() == value.type() ||
         (json[key].is_number() && value.is_number_float()) ||
         (json[key].is_number_integer() && value.is_number_integer()));
    if (!same_kind) {
      return absl::InvalidArgumentError(
          absl::StrCat("A spec lacks '", key, "', or has another type there."));
    }
  }
  const std::set<std::string> optional = {"init_from", "init_head", "init_step",
                                          "train_part"};
  for (const auto& [key, value] : json.items()) {
    if (!expected.contains(key) && !optional.contains(key)) {
      return absl::InvalidArgumentError(
          absl::StrCat("A spec has the unknown key '", key, "'."));
    }
  }
  if (json["version"] != kVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("A spec is of version ", json["version"].dump(),
                     "; this program reads version ", kVersion, "."));
  }
  RunSpec s;
  s.dataset = json["dataset"];
  s.model = json["model"];
  s.steps = json["steps"];
  s.batch_size = json["batch_size"];
  s.lr = json["lr"];
  s.momentum = json["momentum"];
  s.weight_decay = json["weight_decay"];
  s.schedule = json["schedule"];
  s.stop_train_loss = json["stop_train_loss"];
  s.seed = json["seed"];
  s.precision = json["precision"];
  s.eval_points = json["eval_points"];
  for (const char* list : {"metrics", "layers"}) {
    for (const Json& word : json[list]) {
      if (!word.is_string()) {
        return absl::InvalidArgumentError(
            absl::StrCat("A spec has a word in '", list, "' that is no text."));
      }
    }
  }
  s.metrics = json["metrics"].get<std::vector<std::string>>();
  s.layers = json["layers"].get<std::vector<std::string>>();
  for (const Json& step : json["save_steps"]) {
    if (!step.is_number_integer()) {
      return absl::InvalidArgumentError(
          "A spec has a word in 'save_steps' that is no whole number.");
    }
    s.save_steps.push_back(step);
  }
  NCLAB_RETURN_IF_ERROR(ReadOptional(json, s));
  return s;
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
  if (!(canonical.stop_train_loss > 0)) return {};
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
