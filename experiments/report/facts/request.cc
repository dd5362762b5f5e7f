#include "experiments/report/facts/request.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tools/base/text/json.h"

namespace nclab {

using Json = nlohmann::ordered_json;

std::string ToJson(const ReportRequest& request) {
  Json runs = Json::array();
  for (const ReportRun& run : request.runs) {
    runs.push_back(
        {{"cell", run.cell}, {"seed", run.seed}, {"directory", run.directory}});
  }
  Json overrides = Json::array();
  for (const auto& [key, value] : request.overrides) {
    overrides.push_back({{"key", key}, {"value", value}});
  }
  const Json json = {{"experiment", request.experiment},
                     {"preset", request.preset},
                     {"overrides", overrides},
                     {"only", request.only},
                     {"runs", runs},
                     {"command", request.command},
                     {"reading", request.reading}};
  return JsonText(json);
}

absl::StatusOr<ReportRequest> ReportRequestFromJson(const std::string& path,
                                                    const std::string& text) {
  try {
    const Json json = Json::parse(text);
    ReportRequest request;
    request.experiment = json.at("experiment");
    request.preset = json.at("preset");
    for (const Json& o : json.at("overrides")) {
      request.overrides.emplace_back(o.at("key"), o.at("value"));
    }
    request.only = json.at("only").get<std::vector<std::string>>();
    for (const Json& run : json.at("runs")) {
      request.runs.push_back(
          {run.at("cell"), run.at("seed"), run.at("directory")});
    }
    request.command = json.at("command");
    request.reading = json.value("reading", request.reading);
    return request;
  } catch (const nlohmann::json::exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is not an experiment's record: ", error.what()));
  }
}

}  // namespace nclab
