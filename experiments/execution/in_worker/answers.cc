#include "experiments/execution/in_worker/answers.h"

#include <ATen/Context.h>

#include <cstdio>
#include <iostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/execution/in_worker/run.h"
#include "experiments/spec/canonical.h"
#include "experiments/training/data/data_check.h"
#include "experiments/training/device/device.h"
#include "nlohmann/json.hpp"
#include "tools/base/errors.h"
#include "tools/base/process/signals.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

using Json = nlohmann::json;

std::string DirectoryOf(const Json& question) {
  std::string directory;
  absl::CUnescape(question.at("directory").get<std::string>(), &directory);
  return directory;
}

absl::Status Answer(const Json& question, const ExecutionOptions& options,
                    DataAtHand& data, Json& answer) {
  const std::string ask = question.at("ask");
  if (ask == "gpus") {
    NCLAB_ASSIGN_OR_RETURN(const bool cuda, IsCuda(options.device));
    const bool one = absl::StrContains(options.device, ':');
    answer["gpus"] = !cuda ? 0 : one ? 1 : static_cast<int>(at::getNumGPUs());
    return absl::OkStatus();
  }
  NCLAB_ASSIGN_OR_RETURN(RunSpec spec,
                         RunSpecFromJson(question.at("spec").dump()));
  NCLAB_ASSIGN_OR_RETURN(static_cast<Measurement&>(spec),
                         MeasurementFromJson(question.at("measure").dump()));
  if (ask == "canonical" || ask == "shown") {
    NCLAB_ASSIGN_OR_RETURN(const RunSpec answered,
                           ask == "shown" ? Shown(spec) : Canonical(spec));
    answer["spec"] = Json::parse(ToJson(answered));
    answer["measure"] = Json::parse(MeasurementToJson(answered));
    return absl::OkStatus();
  }
  if (ask == "started") return data.CheckStarted(DirectoryOf(question), spec);
  if (ask == "fits") {
    answer["fits"] = data.Fits(DirectoryOf(question), spec);
    return absl::OkStatus();
  }
  if (ask == "cost") {
    RunOptions run = RunOptionsIn("", options);
    run.fetch = question.at("fetch");
    run.threads = question.at("threads");
    NCLAB_ASSIGN_OR_RETURN(const RunCost cost, MeasureCost(spec, run));
    answer["step"] = cost.step;
    answer["evaluation"] = cost.evaluation;
    answer["parameters"] = cost.parameters;
    answer["samples"] = cost.samples;
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat("Nobody asks '", ask, "'."));
}

}  // namespace

int AnswerQuestions(const ExecutionOptions& options, int parent) {
  InstallStopHandlers();
  StopWithParent(parent);
  DataAtHand data(options.data_dir);
  for (std::string line; std::getline(std::cin, line);) {
    Json answer = Json::object();
    const absl::Status status =
        Answer(Json::parse(line), options, data, answer);
    if (!status.ok()) {
      answer["code"] = status.raw_code();
      answer["message"] = absl::CEscape(status.message());
    }
    std::printf("%s\n", answer
                            .dump(-1, ' ', /*ensure_ascii=*/false,
                                  Json::error_handler_t::replace)
                            .c_str());
    std::fflush(stdout);
  }
  return kExitOk;
}

}  // namespace nclab
