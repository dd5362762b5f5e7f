#include "experiments/training/evaluation/clusters.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "metrics/evaluation/looks.h"
#include "metrics/statistics/kept/k_means_json.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

// A layer's features at a step, with labels and decisions.
absl::StatusOr<Batch> ReadBatch(const RunDirectory& directory, int64_t step,
                                const std::string& layer) {
  const std::string path = directory.Features(step);
  NCLAB_ASSIGN_OR_RETURN(const SafetensorsReader reader,
                         SafetensorsReader::Open(path));
  Batch batch;
  const std::pair<std::string, at::Tensor*> wanted[] = {
      {layer, &batch.features},
      {kLabels, &batch.labels},
      {kFineLabels, &batch.fine_labels},
      {kDecisions, &batch.decisions}};
  for (const auto& [name, tensor] : wanted) {
    const SafetensorsEntry* entry = reader.Find(name);
    if (entry == nullptr && name == kFineLabels) continue;
    if (entry == nullptr) {
      return absl::DataLossError(
          absl::StrCat(path, " lacks the tensor '", name, "'."));
    }
    NCLAB_ASSIGN_OR_RETURN(*tensor, ReadTensor(reader, *entry));
  }
  return batch;
}

// Of the test split; nullptr if there is no such layer.
Kept* KeptOf(Evaluation& evaluation, const std::string& name) {
  for (Layer& layer : evaluation.test.layers) {
    if (layer.name == name) return &layer.kept;
  }
  return nullptr;
}

bool HasAll(const Kept& kept, const StatisticPlan& plan) {
  return std::all_of(plan.begin(), plan.end(), [&](const auto* entry) {
    return kept.Has(entry->info.name);
  });
}

// Looks at `batch`, which is everything.
void LookAt(const Batch& batch, const StatisticPlan& plan, const Kept* last,
            Kept& kept) {
  StatisticInput input = {.classes = kept.As<Moments>().classes(),
                          .dim = batch.features.size(1),
                          .samples = batch.features.size(0)};
  input.last = last;
  Looks looks(plan, input, kept);
  while (looks.Begin()) looks.Add(batch);
}

}  // namespace

bool Waits(const Evaluation& evaluation, const StatisticPlan& plan) {
  const StatisticPlan waiting = WaitingForT(plan);
  return std::any_of(evaluation.waiting.begin(), evaluation.waiting.end(),
                     [&](const std::string& layer) {
                       const Kept* kept = evaluation.test.Find(layer);
                       return kept != nullptr && !HasAll(*kept, waiting);
                     });
}

absl::Status AddWhatWaitsForT(const RunDirectory& directory,
                              const StatisticPlan& plan,
                              std::vector<Evaluation>& evaluations) {
  const c10::InferenceMode no_gradients;
  const StatisticPlan at_t =
      Select(plan, StatisticScope::kLayer, StatisticTime::kAtT);
  const StatisticPlan waiting = WaitingForT(plan);
  bool complete = true;
  for (const Evaluation& evaluation : evaluations) {
    complete = complete && !Waits(evaluation, plan);
  }
  if (!complete) {
    Json fits = Json::array();
    Evaluation& last = evaluations.back();
    std::vector<Evaluation*> changed;
    for (Evaluation& evaluation : evaluations) {
      if (Waits(evaluation, plan)) changed.push_back(&evaluation);
    }
    for (const Layer& of_last : last.test.layers) {
      const std::string& layer = of_last.name;
      const auto waits = [&](const Evaluation& evaluation) {
        return std::count(evaluation.waiting.begin(), evaluation.waiting.end(),
                          layer) > 0;
      };
      Kept& kept = *KeptOf(last, layer);
      if (!HasAll(kept, at_t)) {
        if (!waits(last)) continue;
        NCLAB_ASSIGN_OR_RETURN(const Batch at_end,
                               ReadBatch(directory, last.step, layer));
        LookAt(at_end, at_t, nullptr, kept);
      }
      if (kept.Has("k_means")) {
        fits.push_back(ToJson(layer, kept.As<KMeans>()));
      }
      const Kept at_last = kept;  // as it was before anything was applied
      for (Evaluation* evaluation : changed) {
        if (!waits(*evaluation)) continue;
        NCLAB_ASSIGN_OR_RETURN(const Batch batch,
                               ReadBatch(directory, evaluation->step, layer));
        LookAt(batch, waiting, &at_last, *KeptOf(*evaluation, layer));
      }
    }
    NCLAB_RETURN_IF_ERROR(
        WriteFileAtomically(directory.File("k_means.json"),
                            Json{{"k_means", fits}}.dump(2) + "\n"));
    for (Evaluation* evaluation : changed) {
      evaluation->waiting.clear();
      NCLAB_RETURN_IF_ERROR(
          SaveEvaluation(directory.Moments(evaluation->step), *evaluation));
    }
  }
  std::error_code error;
  std::filesystem::remove_all(directory.File("features"), error);
  return absl::OkStatus();
}

}  // namespace nclab
