// //tools:list: what is registered, with parameters and references.
#include <gflags/gflags.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "experiments/experiment.h"
#include "metrics/metric.h"
#include "models/model.h"
#include "nlohmann/json.hpp"
#include "tools/base/errors.h"
#include "tools/base/main.h"

DEFINE_bool(json, false, "as JSON");

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

absl::StatusOr<int> Run(const std::vector<std::string>& args) {
  if (!args.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("list takes --json only; what is '", args[0], "'?"));
  }
  if (FLAGS_json) {
    std::printf("%s\n", Json{{"models", ToJson(Models())},
                             {"datasets", ToJson(Datasets())},
                             {"metrics", ToJson(Metrics())},
                             {"experiments", ToJson(Experiments())}}
                            .dump(2)
                            .c_str());
    return kExitOk;
  }
  Print("models", Models());
  Print("datasets", Datasets());
  Print("metrics", Metrics());
  Print("experiments", Experiments());
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(argc, argv,
                        {"Lists the registered models, datasets, metrics and "
                         "experiments.",
                         nclab::Run});
}
