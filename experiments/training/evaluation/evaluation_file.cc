// An evaluation on disk.
#include <ATen/ops/from_blob.h>

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "experiments/records/seal.h"
#include "experiments/training/evaluation/evaluation.h"
#include "tools/base/files/safetensors.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {
namespace {

// Before the name of a layer whose features wait for T.
constexpr char kWaits[] = "waits.";

// What is kept in places that a file names "train", "train.0", "train.1", ...
struct Place {
  std::string name;
  Kept* kept;
};

std::vector<Place> PlacesOf(Evaluation& evaluation) {
  std::vector<Place> places;
  for (SplitMeasurements* split : {&evaluation.train, &evaluation.test}) {
    const std::string name = split == &evaluation.train ? "train" : "test";
    places.push_back({name, &split->whole});
    for (size_t i = 0; i < split->layers.size(); ++i) {
      places.push_back({absl::StrCat(name, ".", i), &split->layers[i].kept});
    }
  }
  return places;
}

// Borrows the numbers.
at::Tensor TensorOf(const Array& array) {
  void* data =
      array.is_integer()
          ? const_cast<int64_t*>(array.integers().data())
          : static_cast<void*>(const_cast<double*>(array.reals().data()));
  return at::from_blob(
      data, array.shape(),
      at::TensorOptions(array.is_integer() ? at::kLong : at::kDouble));
}

Array ArrayOf(const at::Tensor& tensor) {
  const std::vector<int64_t> shape = tensor.sizes().vec();
  if (tensor.scalar_type() == at::kLong) {
    const int64_t* data = tensor.const_data_ptr<int64_t>();
    return Array(shape, std::vector<int64_t>(data, data + tensor.numel()));
  }
  const double* data = tensor.const_data_ptr<double>();
  return Array(shape, std::vector<double>(data, data + tensor.numel()));
}

// Whether it is kept on disk; so is what this program does not know.
bool IsSaved(const std::string& statistic) {
  const auto entry = Statistics().Find(statistic);
  return !entry.ok() || (*entry)->info.saved;
}

// Of this program; 1 where it does not know the statistic, as of `head`.
int VersionOf(const std::string& statistic) {
  const auto entry = Statistics().Find(statistic);
  return entry.ok() ? (*entry)->info.version : 1;
}

}  // namespace

absl::Status SaveEvaluation(const std::string& path,
                            const Evaluation& evaluation) {
  TensorMap tensors;
  std::map<std::string, std::string> metadata = {
      {"step", absl::StrCat(evaluation.step)},
      {"wall_time", FormatDouble(evaluation.wall_time)}};
  for (const auto* split : {&evaluation.train, &evaluation.test}) {
    const std::string name = split == &evaluation.train ? "train" : "test";
    for (size_t i = 0; i < split->layers.size(); ++i) {
      metadata[absl::StrCat(name, ".layer", i)] = split->layers[i].name;
    }
  }
  for (const std::string& layer : evaluation.waiting) {
    metadata.emplace(absl::StrCat(kWaits, layer), "1");
  }
  // Where each statistic's arrays are, so that equal ones are written once.
  std::vector<std::pair<std::string, const Arrays*>> written;
  for (const Place& place : PlacesOf(const_cast<Evaluation&>(evaluation))) {
    for (const auto& [statistic, arrays] : place.kept->statistics()) {
      if (!IsSaved(statistic)) continue;
      metadata["version." + statistic] = absl::StrCat(VersionOf(statistic));
      const std::string prefix = absl::StrCat(place.name, ".", statistic);
      std::string where = prefix;
      for (const auto& [other, its_arrays] : written) {
        if (absl::EndsWith(other, "." + statistic) && *its_arrays == arrays) {
          where = other;
          break;
        }
      }
      metadata["at." + prefix] = where;
      if (where != prefix) continue;
      written.push_back({prefix, &arrays});
      for (const auto& [name, array] : arrays) {
        tensors[absl::StrCat(prefix, ".", name)] = TensorOf(array);
      }
    }
  }
  return SaveTensors(path, tensors, Sealed(std::move(metadata)));
}

absl::StatusOr<Evaluation> LoadEvaluation(const std::string& path) {
  NCLAB_RETURN_IF_ERROR(CheckSeal(path));
  NCLAB_ASSIGN_OR_RETURN(TensorFile file, LoadTensors(path));
  const absl::Status damaged = absl::DataLossError(
      absl::StrCat(path, " is not an evaluation of this program."));
  Evaluation evaluation;
  if (!absl::SimpleAtoi(file.metadata["step"], &evaluation.step) ||
      !absl::SimpleAtod(file.metadata["wall_time"], &evaluation.wall_time)) {
    return damaged;
  }
  for (auto* split : {&evaluation.train, &evaluation.test}) {
    const std::string name = split == &evaluation.train ? "train" : "test";
    for (int i = 0;; ++i) {
      const auto layer = file.metadata.find(absl::StrCat(name, ".layer", i));
      if (layer == file.metadata.end()) break;
      split->layers.push_back({layer->second, {}});
    }
  }
  for (const auto& [key, value] : file.metadata) {
    if (!absl::StartsWith(key, kWaits)) continue;
    evaluation.waiting.push_back(key.substr(sizeof(kWaits) - 1));
  }
  std::map<std::string, Arrays> arrays;  // by SPLIT.LAYER.STATISTIC
  for (const auto& [name, tensor] : file.tensors) {
    const size_t dot = name.rfind('.');
    if (dot == std::string::npos || (tensor.scalar_type() != at::kDouble &&
                                     tensor.scalar_type() != at::kLong)) {
      return damaged;
    }
    arrays[name.substr(0, dot)].emplace(name.substr(dot + 1), ArrayOf(tensor));
  }
  for (const auto& [key, version] : file.metadata) {
    if (!absl::StartsWith(key, "version.")) continue;
    const std::string statistic = key.substr(sizeof("version.") - 1);
    const int ours = VersionOf(statistic);
    const bool same = version == absl::StrCat(ours);
    if (!same) {
      LOG(WARNING) << path << " holds statistic '" << statistic
                   << "' in version " << version << "; this program has "
                   << ours << ". It is left out.";
    }
    for (const Place& place : PlacesOf(evaluation)) {
      const auto at =
          file.metadata.find(absl::StrCat("at.", place.name, ".", statistic));
      if (!same || at == file.metadata.end()) continue;
      const auto found = arrays.find(at->second);
      if (found == arrays.end()) return damaged;
      place.kept->Set(statistic, found->second);
    }
  }
  return evaluation;
}

std::vector<std::string> LayersInEvaluation(const std::string& path) {
  std::vector<std::string> layers;
  const absl::StatusOr<SafetensorsReader> file = SafetensorsReader::Open(path);
  if (!file.ok()) return layers;
  for (int i = 0;; ++i) {
    const auto layer = file->metadata().find(absl::StrCat("train.layer", i));
    if (layer == file->metadata().end()) return layers;
    layers.push_back(layer->second);
  }
}

}  // namespace nclab
