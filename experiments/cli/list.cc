// //tools:list: what is registered, with parameters and references.
#include <gflags/gflags.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/dataset.h"
#include "experiments/experiment.h"
#include "experiments/recipes/objective.h"
#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/schedule.h"
#include "experiments/recipes/stream.h"
#include "experiments/spec/fields.h"
#include "metrics/metric.h"
#include "metrics/statistics/statistic.h"
#include "models/model.h"
#include "nlohmann/json.hpp"
#include "tools/base/errors.h"
#include "tools/base/process/main.h"

DEFINE_bool(json, false, "as JSON");
DEFINE_bool(markdown, false, "as docs/registered.md");

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const ParamSpec& spec) {
  Json json = {{"name", spec.name}, {"type", std::string(ParamTypeName(spec))}};
  std::visit([&](const auto& value) { json["default"] = value; },
             spec.default_value);
  json["help"] = spec.help;
  if (!spec.allowed.empty()) json["allowed"] = spec.allowed;
  return json;
}

template <typename Registry>
Json ToJson(const Registry& registry) {
  Json items = Json::array();
  for (const auto* entry : registry.List()) {
    Json params = Json::array();
    for (const ParamSpec& spec : entry->info.params) {
      params.push_back(ToJson(spec));
    }
    items.push_back({{"name", entry->info.name},
                     {"summary", entry->info.summary},
                     {"reference", entry->info.reference},
                     {"parameters", params}});
  }
  return items;
}

template <typename Registry>
void Print(const char* heading, const Registry& registry) {
  std::printf("%s\n", heading);
  for (const auto* entry : registry.List()) {
    std::printf("  %-18s %s [%s]\n", entry->info.name.c_str(),
                entry->info.summary.c_str(), entry->info.reference.c_str());
    for (const ParamSpec& spec : entry->info.params) {
      std::printf("      %s=%s  %s\n", spec.name.c_str(),
                  FormatParamValue(spec.default_value).c_str(),
                  spec.help.c_str());
    }
  }
}

bool Same(const ParamSpec& a, const ParamSpec& b) {
  return a.name == b.name && a.default_value == b.default_value &&
         a.help == b.help;
}

// The parameters that more than half of the items share.
template <typename Registry>
std::vector<ParamSpec> CommonParams(const Registry& registry) {
  std::vector<ParamSpec> common;
  const auto entries = registry.List();
  const auto count = [&](const ParamSpec& spec) {
    size_t n = 0;
    for (const auto* entry : entries) {
      for (const ParamSpec& other : entry->info.params) n += Same(spec, other);
    }
    return n;
  };
  for (const auto* entry : entries) {
    for (const ParamSpec& spec : entry->info.params) {
      const bool seen =
          std::any_of(common.begin(), common.end(),
                      [&](const ParamSpec& one) { return Same(one, spec); });
      if (!seen && entries.size() > 1 && 2 * count(spec) > entries.size()) {
        common.push_back(spec);
      }
    }
  }
  return common;
}

void PrintParams(const std::vector<ParamSpec>& params) {
  if (params.empty()) return;
  std::printf("| parameter | default | |\n|---|---|---|\n");
  for (const ParamSpec& spec : params) {
    std::string help = spec.help;
    if (!spec.allowed.empty() && spec.name != "superclass") {
      absl::StrAppend(&help, ": ", absl::StrJoin(spec.allowed, ", "));
    }
    std::printf("| `%s` | `%s` | %s |\n", spec.name.c_str(),
                FormatParamValue(spec.default_value).c_str(), help.c_str());
  }
  std::printf("\n");
}

template <typename Info>
void PrintFacts(const Info&) {
  std::printf("\n");
}

// What a dataset is made of, and where it comes from.
void PrintFacts(const DatasetInfo& info) {
  if (!info.train_counts.empty()) {
    const auto sum = [](const std::vector<int64_t>& counts) {
      return std::accumulate(counts.begin(), counts.end(), int64_t{0});
    };
    std::printf("%ld training and %ld test samples in %zu classes.\n",
                sum(info.train_counts), sum(info.test_counts),
                info.train_counts.size());
  }
  std::vector<std::string> coarse;
  for (const auto& [name, superclass] : info.superclasses) {
    coarse.push_back(absl::StrCat(
        "`", name, "` (", absl::StrJoin(superclass.class_names, ", "), ")"));
  }
  if (!coarse.empty()) {
    std::printf("Super-classes: %s.\n", absl::StrJoin(coarse, ", ").c_str());
  }
  if (!info.terms.empty()) std::printf("Terms: %s.\n", info.terms.c_str());
  std::printf("\n");
  if (info.downloads.empty()) return;
  std::printf("| file | bytes | sha256 | sources |\n|---|---|---|---|\n");
  for (const Download& file : info.downloads) {
    std::printf("| %s | %ld | `%s` | %s |\n", file.name.c_str(), file.bytes,
                file.sha256.c_str(), absl::StrJoin(file.urls, " ").c_str());
  }
  std::printf("\n");
}

template <typename Registry>
void PrintMarkdown(const char* heading, const Registry& registry) {
  std::printf("## %c%s\n\n", absl::ascii_toupper(heading[0]), heading + 1);
  const std::vector<ParamSpec> common = CommonParams(registry);
  if (!common.empty()) {
    std::printf("Most take these parameters besides their own:\n\n");
    PrintParams(common);
  }
  for (const auto* entry : registry.List()) {
    std::printf("### %s\n\n%s. Reference: %s.\n", entry->info.name.c_str(),
                entry->info.summary.c_str(), entry->info.reference.c_str());
    PrintFacts(entry->info);
    std::vector<ParamSpec> own;
    for (const ParamSpec& spec : entry->info.params) {
      const bool shared =
          std::any_of(common.begin(), common.end(),
                      [&](const ParamSpec& one) { return Same(one, spec); });
      if (!shared) own.push_back(spec);
    }
    PrintParams(own);
  }
}

// visit(plural, registry) for each noun, in the order in which people read.
template <typename Visitor>
void ForEachNoun(const Visitor& visit) {
  visit("models", Models());
  visit("datasets", Datasets());
  visit("metrics", Metrics());
  visit("statistics", Statistics());
  visit("objectives", Objectives());
  visit("schedules", Schedules());
  visit("optimizers", Optimizers());
  visit("streams", Streams());
  visit("experiments", Experiments());
}

// The fields of a run's spec, in its three forms.
std::string TypeOf(const Field& field) {
  if (field.noun == "run") return "run";
  if (field.is_list()) return field.noun.empty() ? "list" : "list of choices";
  return field.is_choice() ? "choice" : std::string(ParamTypeName(field.param));
}

std::string RangeOf(const ParamSpec& spec) {
  if (!spec.allowed.empty()) return absl::StrJoin(spec.allowed, ", ");
  if (std::holds_alternative<std::string>(spec.default_value)) return "";
  return absl::StrCat(spec.min, " to ", spec.max);
}

std::string DefaultOf(const Field& field) {
  return FieldText(field, RunSpec());
}

Json FieldsToJson() {
  Json fields = Json::array();
  for (const Field& field : Fields()) {
    Json json = ToJson(field.param);
    json["type"] = TypeOf(field);
    json["recipe"] = field.of == FieldOf::kRecipe;
    fields.push_back(std::move(json));
  }
  return fields;
}

void PrintFields() {
  std::printf("settings of a run\n");
  for (const Field& field : Fields()) {
    std::printf("  %s=%s  %s\n", field.param.name.c_str(),
                DefaultOf(field).c_str(), field.param.help.c_str());
  }
}

void PrintFieldsMarkdown() {
  std::printf(
      "## Settings of a run\n\n"
      "`spec.json` of a run has those that decide the weights, which name it; "
      "`measure.json` the others, which may be asked for later. `--set` and "
      "the flags of train and sweep take those that are not in brackets. A "
      "parameter of a choice is set as "
      "`optimizer.momentum=0.9`.\n\n"
      "| setting | type | default | range | decides | |\n"
      "|---|---|---|---|---|---|\n");
  for (const Field& field : Fields()) {
    const std::string value = DefaultOf(field);
    std::printf("| %s | %s | %s | %s | %s | %s |\n",
                absl::StrCat(field.settable ? "`" : "[`", field.param.name,
                             field.settable ? "`" : "`]")
                    .c_str(),
                TypeOf(field).c_str(),
                (value.empty() ? "" : absl::StrCat("`", value, "`")).c_str(),
                RangeOf(field.param).c_str(),
                field.of == FieldOf::kRecipe ? "weights" : "what is measured",
                field.param.help.c_str());
  }
}

absl::StatusOr<int> Run(const std::vector<std::string>&) {
  if (FLAGS_markdown) {
    std::printf(
        "# What is registered\n\n"
        "Generated from the registries: tools/update_registered.sh writes this "
        "page, a test compares it.\n\n");
    ForEachNoun([](const char* nouns, const auto& registry) {
      PrintMarkdown(nouns, registry);
    });
    PrintFieldsMarkdown();
    return kExitOk;
  }
  if (FLAGS_json) {
    Json json;
    ForEachNoun([&](const char* nouns, const auto& registry) {
      json[nouns] = ToJson(registry);
    });
    json["settings"] = FieldsToJson();
    std::printf("%s\n", json.dump(2).c_str());
    return kExitOk;
  }
  ForEachNoun(
      [](const char* nouns, const auto& registry) { Print(nouns, registry); });
  PrintFields();
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(argc, argv,
                        {"Lists what is registered: models, datasets, metrics, "
                         "objectives, schedules, optimizers, streams and "
                         "experiments.",
                         nclab::Run, /*flags_only=*/true});
}
