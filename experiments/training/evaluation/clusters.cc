#include "experiments/training/evaluation/clusters.h"

#include <c10/core/InferenceMode.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "metrics/statistics/clusters/k_means.h"
#include "metrics/statistics/clusters/k_means_json.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

Rows RowsOf(const at::Tensor& features) {
  return [features](const RowVisitor& visit) {
    visit(features);
    return absl::OkStatus();
  };
}

bool Complete(const std::vector<Evaluation>& evaluations) {
  for (const Evaluation& evaluation : evaluations) {
    for (const LayerMeasurements& layer : evaluation.test.layers) {
      if (!layer.clusters) return false;
    }
  }
  return true;
}

// A layer's features [N, D] at a step.
absl::StatusOr<at::Tensor> ReadFeatures(const RunDirectory& directory,
                                        int64_t step,
                                        const std::string& layer) {
  const std::string path = directory.Features(step);
  NCLAB_ASSIGN_OR_RETURN(const SafetensorsReader reader,
                         SafetensorsReader::Open(path));
  const SafetensorsEntry* entry = reader.Find(layer);
  if (entry == nullptr) {
    return absl::DataLossError(
        absl::StrCat(path, " lacks the features of layer '", layer, "'."));
  }
  return ReadTensor(reader, *entry);
}

}  // namespace

absl::Status AddClusters(const RunDirectory& directory,
                         std::vector<Evaluation>& evaluations) {
  const c10::InferenceMode no_gradients;
  if (!Complete(evaluations)) {
    Json fits = Json::array();
    Evaluation& last = evaluations.back();
    for (size_t i = 0; i < last.test.layers.size(); ++i) {
      const std::string& layer = last.test.layers[i].name;
      NCLAB_ASSIGN_OR_RETURN(const at::Tensor at_end,
                             ReadFeatures(directory, last.step, layer));
      NCLAB_ASSIGN_OR_RETURN(
          const KMeans fit,
          FitKMeans(RowsOf(at_end), last.test.layers[i].moments));
      fits.push_back(ToJson(layer, fit));
      for (Evaluation& evaluation : evaluations) {
        if (evaluation.test.layers[i].clusters) continue;
        NCLAB_ASSIGN_OR_RETURN(const at::Tensor features,
                               ReadFeatures(directory, evaluation.step, layer));
        NCLAB_ASSIGN_OR_RETURN(evaluation.test.layers[i].clusters,
                               ApplyKMeans(RowsOf(features), fit));
      }
    }
    NCLAB_RETURN_IF_ERROR(
        WriteFileAtomically(directory.File("k_means.json"),
                            Json{{"k_means", fits}}.dump(2) + "\n"));
    for (const Evaluation& evaluation : evaluations) {
      NCLAB_RETURN_IF_ERROR(
          SaveEvaluation(directory.Moments(evaluation.step), evaluation));
    }
  }
  std::error_code error;
  std::filesystem::remove_all(directory.File("features"), error);
  return absl::OkStatus();
}

}  // namespace nclab
