#include "experiments/spec/fields.h"

#include <algorithm>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/base/errors.h"
#include "tools/base/registry/choice.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

// A choice of the registry of the field's name.
Field ChoiceField(std::string name, std::string RunSpec::*member,
                  std::string help) {
  return {.param = StringParam(name, RunSpec().*member, std::move(help)),
          .member = member,
          .noun = name,
          .costs = true};
}

std::vector<Field> MakeFields() {
  const RunSpec d;
  using enum FieldOf;
  return {
      ChoiceField("dataset", &RunSpec::dataset,
                  "for example 'mnist(train_per_class=100)'"),
      ChoiceField("model", &RunSpec::model,
                  "for example 'mlp(width=1024,depth=3)'"),
      ChoiceField("objective", &RunSpec::objective,
                  "what training minimises, for example mse"),
      ChoiceField("optimizer", &RunSpec::optimizer,
                  "for example 'sgd(momentum=0.9,nesterov=true)'"),
      ChoiceField("schedule", &RunSpec::schedule,
                  "how the learning rate changes, for example constant"),
      ChoiceField("stream", &RunSpec::stream,
                  "which samples a step sees, for example fresh"),
      {.param =
           IntParam("steps", d.steps, "T, steps of the optimizer", 1, 1e12),
       .member = &RunSpec::steps},
      {.param = IntParam("batch_size", d.batch_size,
                         "samples per step, at most all", 1, 1e9),
       .member = &RunSpec::batch_size,
       .costs = true},
      {.param = FloatParam("lr", d.lr, "initial learning rate", 0, 1e6),
       .member = &RunSpec::lr},
      {.param = FloatParam("stop_train_loss", d.stop_train_loss,
                           "stop where the training split's cross-entropy in "
                           "nats, in evaluation mode, is below this; 0: never",
                           0, 1e6),
       .member = &RunSpec::stop_train_loss},
      {.param = FloatParam("stop_train_objective", d.stop_train_objective,
                           "the same of the objective; one of the two at most",
                           0, 1e6),
       .member = &RunSpec::stop_train_objective},
      {.param = IntParam("seed", d.seed,
                         "of weights and of the order of samples", 0, 1e15),
       .member = &RunSpec::seed},
      {.param = StringParam("precision", d.precision, "of the forward pass",
                            {"fp32", "tf32", "bf16"}),
       .member = &RunSpec::precision,
       .costs = true},
      {.param = StringParam("train_part", d.train_part,
                            "what is trained: all, or the last Linear alone",
                            {"all", "head"}),
       .member = &RunSpec::train_part,
       .costs = true},
      {.param = StringParam("init_from", d.init_from,
                            "the run from whose checkpoint this one starts"),
       .member = &RunSpec::init_from,
       .noun = "run",
       .settable = false},
      {.param =
           IntParam("init_step", d.init_step, "of that checkpoint", 0, 1e12),
       .member = &RunSpec::init_step,
       .settable = false},
      {.param = StringParam("init_head", d.init_head,
                            "the last Linear of a run that starts from another",
                            {"new", "keep"}),
       .member = &RunSpec::init_head},
      {.param = StringParam("metrics", absl::StrJoin(d.metrics, ","),
                            "comma-separated; none: every one but those of "
                            "knn, ridge and second_moments"),
       .member = &RunSpec::metrics,
       .of = kMeasurement,
       .noun = "metric"},
      {.param = StringParam("layers", absl::StrJoin(d.layers, ","),
                            "whose features to measure, comma-separated, or "
                            "all"),
       .member = &RunSpec::layers,
       .of = kMeasurement},
      {.param =
           IntParam("eval_points", d.eval_points,
                    "evaluations: half of them log-spaced early, half evenly "
                    "spaced up to T",
                    2, 1e6),
       .member = &RunSpec::eval_points,
       .of = kMeasurement},
      {.param = StringParam("save_steps", absl::StrJoin(d.save_steps, ","),
                            "steps whose checkpoints are kept, as 0,10,20"),
       .member = &RunSpec::save_steps,
       .of = kMeasurement},
  };
}

bool IsFormer(absl::string_view name) {
  const auto& former = FormerFields();
  return std::find(former.begin(), former.end(), name) != former.end();
}

absl::Status UnknownField(const std::string& name, const std::string& value) {
  if (IsFormer(name)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", name, "' is a parameter of the optimizer: set optimizer=sgd(",
        name, "=", value, "), or optimizer.", name, "=", value, "."));
  }
  std::vector<std::string> known;
  for (const Field& field : Fields()) {
    if (field.settable) known.push_back(field.param.name);
  }
  return absl::InvalidArgumentError(
      UnknownNameError("setting of a run", name, std::move(known),
                       "A parameter of a choice is set as "
                       "optimizer.momentum=0.9.")
          .message());
}

// Sets `parameter` of a choice, whatever was said of it before.
absl::Status SetParameter(std::string& choice, const std::string& key,
                          const std::string& parameter,
                          const std::string& value) {
  NCLAB_ASSIGN_OR_RETURN(Choice parsed, ParseChoice(choice));
  std::erase_if(parsed.args,
                [&](const auto& arg) { return arg.first == parameter; });
  parsed.args.emplace_back(parameter, value);
  const std::string text = ToString(parsed);
  if (!ParseChoice(text).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", key, "' is '", value,
                     "'; expected one value, as optimizer.momentum=0.9."));
  }
  choice = text;
  return absl::OkStatus();
}

}  // namespace

const std::vector<Field>& Fields() {
  static const auto* const fields = new std::vector<Field>(MakeFields());
  return *fields;
}

const Field* FindField(absl::string_view name) {
  for (const Field& field : Fields()) {
    if (field.param.name == name) return &field;
  }
  return nullptr;
}

const std::vector<std::string>& FormerFields() {
  static const auto* const former =
      new std::vector<std::string>{"momentum", "nesterov", "weight_decay"};
  return *former;
}

std::string FieldText(const Field& field, const RunSpec& spec) {
  return std::visit(
      [&](auto member) -> std::string {
        using T = std::decay_t<decltype(spec.*member)>;
        if constexpr (std::is_same_v<T, double>) {
          return FormatDouble(spec.*member);
        } else if constexpr (std::is_same_v<T, std::string> ||
                             std::is_same_v<T, int64_t>) {
          return absl::StrCat(spec.*member);
        } else {
          return absl::StrJoin(spec.*member, ",");
        }
      },
      field.member);
}

absl::Status SetField(RunSpec& spec, absl::string_view key,
                      absl::string_view value) {
  const std::string name(key), text(value);
  const size_t dot = name.find('.');
  const Field* field = FindField(name.substr(0, dot));
  if (field == nullptr || !field->settable ||
      (dot != std::string::npos && !field->is_choice())) {
    return UnknownField(name, text);
  }
  if (dot != std::string::npos) {
    return SetParameter(spec.*std::get<std::string RunSpec::*>(field->member),
                        name, name.substr(dot + 1), text);
  }
  return std::visit(
      [&](auto member) -> absl::Status {
        using T = std::decay_t<decltype(spec.*member)>;
        if constexpr (std::is_same_v<T, std::vector<std::string>>) {
          if (SplitList(text).empty()) {
            return absl::InvalidArgumentError(absl::StrCat(
                "'", name,
                "' names nothing; expected words: ", field->param.help, "."));
          }
          spec.*member = SplitList(text);
        } else if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
          std::vector<int64_t> steps;
          if (!SplitList(text).empty()) {
            NCLAB_ASSIGN_OR_RETURN(steps, ParseIntList(name, text));
          }
          spec.*member = std::move(steps);
        } else {
          if (field->is_choice()) {
            if constexpr (std::is_same_v<T, std::string>) spec.*member = text;
            return absl::OkStatus();
          }
          NCLAB_ASSIGN_OR_RETURN(
              const Params bound,
              BindParams("the run", {field->param}, {{name, text}}));
          spec.*member = std::get<T>(bound.values()[0].second);
        }
        return absl::OkStatus();
      },
      field->member);
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ParseSettings(
    const std::string& text) {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const std::string& word : SplitList(text)) {
    const size_t equals = word.find('=');
    // Of "knn(k=3)" the "=" is not the setting's.
    if (equals < word.find('(')) {
      settings.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    } else if (!settings.empty()) {
      absl::StrAppend(&settings.back().second, ",", word);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "--set has '", word, "'; expected key=value, as steps=2000."));
    }
  }
  return settings;
}

std::string DescribeRecipe(const RunSpec& spec) {
  const RunSpec defaults;
  std::string text = absl::StrCat(spec.model, " on ", spec.dataset);
  for (const Field& field : Fields()) {
    const std::string& name = field.param.name;
    if (field.of != FieldOf::kRecipe || field.noun == "run" ||
        name == "dataset" || name == "model" || name == "seed") {
      continue;
    }
    const std::string value = FieldText(field, spec);
    if (value == FieldText(field, defaults)) continue;
    absl::StrAppend(&text, ", ", name, "=", value);
  }
  return text;
}

std::string StepCostKey(const RunSpec& spec) {
  std::string key;
  for (const Field& field : Fields()) {
    if (field.costs) absl::StrAppend(&key, FieldText(field, spec), " ");
  }
  return key;
}

std::map<std::string, std::string> ChoicesOf(const RunSpec& spec) {
  std::map<std::string, std::string> choices;
  for (const Field& field : Fields()) {
    if (field.is_choice()) choices[field.param.name] = FieldText(field, spec);
  }
  return choices;
}

RunSpec WithChoices(RunSpec spec,
                    const std::map<std::string, std::string>& choices) {
  for (const Field& field : Fields()) {
    const auto choice = choices.find(field.param.name);
    if (!field.is_choice() || choice == choices.end()) continue;
    spec.*std::get<std::string RunSpec::*>(field.member) = choice->second;
  }
  return spec;
}

}  // namespace nclab
